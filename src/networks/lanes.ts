import { type Code, FunctionBuilder, i32, type Local } from '../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../wasm/memory.js';
import { v128 } from '../wasm/vector.js';

/** Elements that are in the kernels' memory together. */
const CHUNK = 2 ** 14;
const LANES = 4;

/** A function of float32 elements, one or two of them, on four at a time. */
export type LaneFunction = (inputs: readonly Float32Array[], out: Float32Array) => void;

/** @param compute vectors of the results, from locals that hold the operands' */
export function laneFunction(operands: 1 | 2, compute: (...lanes: readonly Code[]) => Code): LaneFunction {
  let compiled: Kernel | undefined;
  return (inputs, out) => {
    compiled ??= kernelOf([loop(operands, compute)]);
    const arena = new Arena();
    const places = [...inputs, out].map(() => arena.take(4 * CHUNK));
    const { buffer } = sharedMemory();
    const views = places.map((place) => new Float32Array(buffer, place, CHUNK));
    for (let first = 0; first < out.length; first += CHUNK) {
      const count = Math.min(CHUNK, out.length - first);
      inputs.forEach((input, i) => views[i].set(input.subarray(first, first + count)));
      compiled.lanes(...places, Math.ceil(count / LANES));
      out.set(views[inputs.length].subarray(0, count), first);
    }
  };
}

/** (operands, out, vectors) */
function loop(operands: number, compute: (...lanes: readonly Code[]) => Code): FunctionBuilder {
  const f = new FunctionBuilder('lanes', operands + 2);
  const places = f.parameters.slice(0, operands + 1);
  const advance = (local: Local) => f.emit(local.set(i32.add(local.get, i32.const(16))));
  f.repeat(f.parameters[operands + 1].get, () => {
    const lanes = places.slice(0, operands).map((place) => f.keep('v128', v128.load(place.get)));
    f.emit(v128.store(places[operands].get, compute(...lanes)));
    places.forEach(advance);
  });
  return f;
}
