import { FunctionBuilder, i32 } from '../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../wasm/memory.js';
import { f32x4, v128 } from '../wasm/vector.js';

/** Windows that slide over planes: places [outputs, taps] in a plane, -1 in the padding. */
export interface Windows {
  /** Elements of an input plane. */
  size: number;
  outputs: number;
  taps: number;
  places: Int32Array;
}

/** Planes that lie in the kernel's memory at a time, in bytes. */
const CHUNK = 1 << 18;

/**
 * The largest element [planes, outputs] under every window of every plane, the first of equals; NaN is largest. In
 * WebAssembly, because a maximum that is a branch is guessed wrong every other time.
 * @param windows without padding
 */
export function largestUnder({ size, outputs, taps, places }: Windows, x: Float32Array): Float32Array {
  const planes = x.length / size;
  const chunk = Math.max(1, Math.min(planes, Math.floor(CHUNK / (4 * size))));
  const arena = new Arena();
  const [from, table, to] = [chunk * size, places.length, chunk * outputs].map((length) => arena.take(4 * length + 16));
  const { buffer } = sharedMemory();
  new Int32Array(buffer, table, places.length).set(places.map((place) => 4 * place));
  const input = new Float32Array(buffer, from, chunk * size);
  const output = new Float32Array(buffer, to, chunk * outputs);
  const largest = new Float32Array(planes * outputs);
  for (let first = 0; first < planes; first += chunk) {
    const count = Math.min(chunk, planes - first);
    input.set(x.subarray(first * size, (first + count) * size));
    poolKernel().largest(from, 4 * size, table, to, count, outputs, taps);
    largest.set(output.subarray(0, count * outputs), first * outputs);
  }
  return largest;
}

let compiled: Kernel | undefined;

function poolKernel(): Kernel {
  compiled ??= kernelOf([largest()]);
  return compiled;
}

/** (planes, bytes of a plane, places, out, number of planes, outputs, taps) */
function largest(): FunctionBuilder {
  const f = new FunctionBuilder('largest', 7);
  const [plane, bytes, places, out, planes, outputs, taps] = f.parameters;
  const place = f.local('i32');
  const [most, next] = [f.local('v128'), f.local('v128')];
  f.repeat(planes.get, () => {
    f.emit(place.set(places.get));
    f.repeat(outputs.get, () => {
      const element = v128.load32Splat(i32.add(plane.get, i32.load(place.get)));
      f.emit(most.set(element));
      f.repeat(taps.get, () => {
        f.emit(next.set(element));
        // pmax keeps the first of equals, and the first of two where one is NaN: a NaN has to come in by itself.
        const fresh = v128.and(f32x4.ne(next.get, next.get), f32x4.eq(most.get, most.get));
        f.emit(most.set(v128.select(next.get, f32x4.pmax(most.get, next.get), fresh)));
        f.emit(place.set(i32.add(place.get, i32.const(4))));
      });
      // Lanes beyond the first are overwritten by the next output.
      f.emit(v128.store(out.get, most.get));
      f.emit(out.set(i32.add(out.get, i32.const(4))));
    });
    f.emit(plane.set(i32.add(plane.get, bytes.get)));
  });
  return f;
}
