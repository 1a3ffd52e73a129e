import type { Datapath } from '../../../src/datapaths/datapath.js';
import type { Rounding } from '../../../src/formats/rounding.js';
import type { Draw } from './fit.js';

/** The bits of a Fibonacci register, whose taps are counted from 1 at the end where bits come in. */
function register(width: number, taps: readonly number[], seed: number): Draw {
  const low = BigInt(seed) & ((1n << BigInt(width)) - 1n);
  let state = (low === 0n ? 1n : low).toString(2).padStart(width, '0');
  const shift = () => {
    const ones = taps.filter((tap) => state[width - tap] === '1').length;
    state = `${state.slice(1)}${ones % 2}`;
    return state[width - 1];
  };
  return (bits) => BigInt(`0b0${Array.from({ length: bits }, shift).join('')}`);
}

/** The one source that all random roundings of a unit draw from, for the output of that number. */
export function sourceOf({ sum, product, combine, order, result }: Datapath, output: number): Draw | undefined {
  const node = combine.kind === 'tree' ? combine.node : undefined;
  const inner = order.kind === 'permuted' ? order.after : order;
  const outer = inner?.kind === 'chunked' ? inner.outer : undefined;
  const roundings = [sum, product === 'exact' ? undefined : product, node, outer, result].map((fit) => fit?.rounding);
  const drawing = roundings.find((rounding): rounding is Exclude<Rounding, string> => typeof rounding === 'object');
  if (drawing === undefined) return undefined;
  const { lfsr, perOutput } = drawing.stochastic;
  return register(lfsr.width, lfsr.taps, lfsr.seed + (perOutput ? output : 0));
}
