import type { Code } from '../../../wasm/assembler.js';
import { splat64 } from '../../../wasm/vector.js';

const words = new DataView(new ArrayBuffer(8));

/** A float64 in both lanes. */
export function splatNumber(value: number): Code {
  words.setFloat64(0, value);
  return splat64(words.getBigUint64(0));
}
