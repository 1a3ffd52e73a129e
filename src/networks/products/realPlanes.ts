import { type WindowFrame, windowFrame } from '../../datapaths/kernel/index.js';
import { type Code, FunctionBuilder, i32, type Local } from '../../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../../wasm/memory.js';
import { f32x4, splat32, v128 } from '../../wasm/vector.js';
import { keyOf, type LaneStep, putConstants, throughSteps } from '../lanes.js';
import type { RealWindows } from '../network.js';

/** Filters and vectors of a tile, whose sums stay in registers. */
const ROWS = 4;
const VECTORS = 2;
const VECTOR = 16;
/** Bytes of images, weights and sums that are in memory together. */
const FRAMES = 2 ** 24;
const WEIGHTS = 2 ** 19;
const SUMS = 2 ** 19;

/**
 * A convolution of one group of real numbers, from planes to planes: what `gemm` gives of patches and weights, bit for bit, since
 * each output takes its products in the same order, with no patch written and no sum turned around.
 * @returns sums [images][filters][outputs]; undefined where a row of outputs is shorter than a vector, or a stride has no shuffle
 */
export function realPlanes(job: RealWindows): Float32Array | undefined {
  const frame = job.stride[1] <= 2 ? frameFor(job) : undefined;
  return frame && planesIn(job, frame);
}

const frames = new WeakMap<Float32Array, { key: string; frame: WindowFrame | undefined }>();

/** Made once for the weights of a layer and the planes that they meet. */
function frameFor(job: RealWindows): WindowFrame | undefined {
  const { channels, plane, kernel, output, stride, dilation, before, b } = job;
  const key = [channels, plane, kernel, output, stride, dilation, before].join();
  let own = frames.get(b);
  if (own?.key !== key) frames.set(b, (own = { key, frame: windowFrame(job) }));
  return own.frame;
}

function planesIn(job: RealWindows, frame: WindowFrame): Float32Array {
  const { images, channels, filters, plane, output, stride, a, b, bias, steps } = job;
  const { planeBytes, taps, rows, rests, vectors, outs, length, padded } = frame;
  const [size, pixels, k] = [plane[0] * plane[1], output[0] * output[1], channels * taps.length];
  const together = Math.max(1, Math.min(images, Math.floor(FRAMES / (channels * planeBytes))));
  const fitting = Math.min(WEIGHTS / (4 * k), SUMS / (4 * pixels));
  const block = Math.max(ROWS, Math.min(Math.ceil(filters / ROWS) * ROWS, Math.floor(fitting / ROWS) * ROWS));
  const arena = new Arena();
  const at = {
    frame: arena.take(together * channels * planeBytes + VECTOR),
    ...{ taps: arena.take(4 * taps.length), rows: arena.take(4 * rows.length), rests: arena.take(4 * rests.length) },
    ...{ vectors: arena.take(4 * vectors.length), outs: arena.take(4 * outs.length), bias: arena.take(4 * block) },
    panel: arena.take(VECTORS * VECTOR * k),
    weights: arena.take(4 * block * k),
    // An image until it is in the frame, then weights as they are stored; vectors are read beyond their ends.
    given: arena.take(4 * Math.max(channels * size, block * k) + 2 * VECTOR),
    sums: arena.take(4 * pixels * block),
    constants: putConstants(arena, steps),
  };
  const { buffer } = sharedMemory();
  const words: (readonly [number, Int32Array])[] = [
    [at.taps, taps],
    [at.rows, rows],
    [at.rests, rests],
    [at.vectors, vectors],
    [at.outs, outs],
  ];
  for (const [address, values] of words) new Int32Array(buffer, address, values.length).set(values);
  const floats = (address: number, count: number) => new Float32Array(buffer, address, count);
  const kernel = kernelFor(steps);
  const result = new Float32Array(images * filters * pixels);
  const frameBytes = channels * planeBytes;
  for (let from = 0; from < images; from += together) {
    const count = Math.min(together, images - from);
    for (let i = 0; i < count; i++) {
      const frameAt = at.frame + i * frameBytes;
      if (padded) floats(frameAt, frameBytes / 4).fill(0);
      floats(at.given, channels * size).set(a.subarray((from + i) * channels * size, (from + i + 1) * channels * size));
      const lines = [at.rows, rows.length / 2, at.rests, length] as const;
      kernel[`fill${stride[1]}`](at.given, 4 * size, channels, ...lines, frameAt, planeBytes);
    }
    for (let first = 0; first < filters; first += block) {
      const own = Math.min(block, filters - first);
      const tiles = Math.ceil(own / ROWS);
      const given = floats(at.given, tiles * ROWS * k);
      given.fill(0, own * k);
      given.set(b.subarray(first * k, (first + own) * k));
      kernel.interleave(at.given, tiles, k >> 2, k & 3, 4 * k, at.weights);
      floats(at.bias, tiles * ROWS)
        .fill(0)
        .set(bias.subarray(first, first + own));
      const panels = vectors.length / VECTORS;
      for (let i = 0; i < count; i++) {
        const places = [
          at.vectors,
          at.outs,
          at.taps,
          at.frame + i * frameBytes,
          at.panel,
          at.weights,
          at.bias,
          at.sums,
          at.constants,
        ];
        kernel.multiply(panels, tiles, channels, taps.length, k, planeBytes, 4 * pixels, ...places);
        result.set(floats(at.sums, own * pixels), ((from + i) * filters + first) * pixels);
      }
    }
  }
  return result;
}

const compiled = new Map<string, Kernel>();

function kernelFor(steps: readonly LaneStep[]): Kernel {
  const key = keyOf(steps);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf([fill(1), fill(2), interleave(), multiply(steps)])));
  return kernel;
}

const over = <T>(count: number, each: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => each(i));
const advance = (local: Local, by: Code): Code => local.set(i32.add(local.get, by));
/** The even and the odd ones of eight lanes. */
const everyOther = [0, 1].map((rest) => over(16, (i) => 8 * Math.floor(i / 4) + 4 * rest + (i % 4)));

/** (planes, bytes of a plane, their number, rows, their number, rests, elements of a row, frame, bytes of a plane there) */
function fill(stride: 1 | 2): FunctionBuilder {
  const f = new FunctionBuilder(`fill${stride}`, 9);
  const [planes, bytes, channels, rows, count, rests, length, frame, planeBytes] = f.parameters;
  const [row, from] = [f.local('i32'), f.local('i32')];
  const outs = over(stride, () => f.local('i32'));
  const taken = 4 * stride;
  const times = f.keep('i32', i32.divU(i32.add(length.get, i32.const(taken - 1)), i32.const(taken)));
  f.repeat(channels.get, () => {
    f.emit(row.set(rows.get));
    f.repeat(count.get, () => {
      // Places of rows are given for bytes.
      f.emit(from.set(i32.add(planes.get, i32.shl(i32.load(row.get), i32.const(2)))));
      const to = f.keep('i32', i32.add(frame.get, i32.load(row.get, 4)));
      outs.forEach((out, rest) => f.emit(out.set(i32.add(to, i32.load(rests.get, rest * 8)))));
      f.repeat(times, () => {
        const read = over(stride, (i) => f.keep('v128', v128.load(from.get, VECTOR * i)));
        outs.forEach((out, rest) => {
          const lanes = stride === 1 ? read[0] : v128.shuffle(read[0], read[1], everyOther[rest]);
          f.emit(v128.store(out.get, lanes), advance(out, i32.const(VECTOR)));
        });
        f.emit(advance(from, i32.const(VECTOR * stride)));
      });
      // What was written beyond the row is padding again, or comes before what belongs there.
      outs.forEach((_, rest) => {
        const end = i32.add(to, i32.add(i32.load(rests.get, rest * 8), i32.load(rests.get, rest * 8 + 4)));
        f.emit(v128.store(end, splat32(0)));
      });
      f.emit(advance(row, i32.const(8)));
    });
    f.emit(advance(planes, bytes.get), advance(frame, planeBytes.get));
  });
  return f;
}

/** (rows, tiles of four, fours of a row, what is left of it, bytes of a row, out): four rows' elements side by side. */
function interleave(): FunctionBuilder {
  const f = new FunctionBuilder('interleave', 6);
  const [rows, tiles, fours, rest, bytes, out] = f.parameters;
  const from = over(ROWS, () => f.local('i32'));
  const next = (elements: number) => {
    f.emit(...from.map((row) => advance(row, i32.const(4 * elements))), advance(out, i32.const(4 * ROWS * elements)));
  };
  f.repeat(tiles.get, () => {
    from.forEach((row, r) => f.emit(row.set(r === 0 ? rows.get : i32.add(from[r - 1].get, bytes.get))));
    f.emit(rows.set(i32.add(from[ROWS - 1].get, bytes.get)));
    f.when(fours.get, () =>
      f.repeat(fours.get, () => {
        const [p, q, r, s] = from.map((row) => f.keep('v128', v128.load(row.get)));
        const halves = [0, 1].flatMap((half) => [turned(p, r, half), turned(q, s, half)].map((x) => f.keep('v128', x)));
        const columns = [0, 1].flatMap((half) =>
          [0, 1].map((own) => turned(halves[2 * half], halves[2 * half + 1], own)),
        );
        columns.forEach((column, i) => f.emit(v128.store(out.get, column, VECTOR * i)));
        next(4);
      }),
    );
    f.when(rest.get, () =>
      f.repeat(rest.get, () => {
        from.forEach((row, r) => f.emit(i32.copy(4, out.get, 4 * r, row.get)));
        next(1);
      }),
    );
  });
  return f;
}

/** Lanes of x and y in turn, from their lower or upper halves. */
function turned(x: Code, y: Code, half: number): Code {
  return v128.shuffle(
    x,
    y,
    over(16, (i) => 8 * half + 4 * (i >> 3) + (i % 4) + 16 * ((i >> 2) % 2)),
  );
}

/**
 * (panels, tiles, channels, taps, k, bytes of a plane, bytes of a filter's sums, places of vectors, of outputs and of taps,
 * frame, panel, weights, bias, sums, constants of the steps): every sum stays in its lane from the first product to the last.
 */
function multiply(steps: readonly LaneStep[]): FunctionBuilder {
  const f = new FunctionBuilder('multiply', 16);
  const [panels, tiles, channels, taps, k, planeBytes, filterBytes, ...places] = f.parameters;
  const [vectors, outs, offsets, frame, panel, weights, biases, base, constants] = places;
  const finish = throughSteps(f, steps, constants);
  const locals = over(4, () => f.local('i32'));
  const [weight, column, bias, tap] = locals;
  const [from, to] = over(2, () => over(VECTORS, () => f.local('i32')));
  const sums = over(ROWS * VECTORS, () => f.local('v128'));
  f.repeat(panels.get, () => {
    from.forEach((place, i) => f.emit(place.set(i32.add(frame.get, i32.load(vectors.get, 4 * i)))));
    f.emit(column.set(panel.get));
    f.repeat(channels.get, () => {
      f.emit(tap.set(offsets.get));
      f.repeat(taps.get, () => {
        from.forEach((place, i) => {
          f.emit(v128.store(column.get, v128.load(i32.add(place.get, i32.load(tap.get))), VECTOR * i));
        });
        f.emit(advance(column, i32.const(VECTOR * VECTORS)), advance(tap, i32.const(4)));
      });
      f.emit(...from.map((place) => advance(place, planeBytes.get)));
    });
    to.forEach((place, i) => f.emit(place.set(i32.add(base.get, i32.load(outs.get, 4 * i)))));
    f.emit(weight.set(weights.get), bias.set(biases.get));
    f.repeat(tiles.get, () => {
      f.emit(...sums.map((sum) => sum.set(splat32(0))), column.set(panel.get));
      f.repeat(k.get, () => {
        const columns = over(VECTORS, (i) => f.keep('v128', v128.load(column.get, VECTOR * i)));
        for (let r = 0; r < ROWS; r++) {
          const x = f.keep('v128', v128.load32Splat(weight.get, 4 * r));
          columns.forEach((y, i) => {
            const sum = sums[r * VECTORS + i];
            f.emit(sum.set(f32x4.add(sum.get, f32x4.mul(x, y))));
          });
        }
        f.emit(advance(weight, i32.const(4 * ROWS)), advance(column, i32.const(VECTOR * VECTORS)));
      });
      for (let r = 0; r < ROWS; r++) {
        const own = f.keep('v128', v128.load32Splat(bias.get, 4 * r));
        to.forEach((place, i) => {
          const result = finish(f32x4.add(sums[r * VECTORS + i].get, own));
          f.emit(v128.store(place.get, result), advance(place, filterBytes.get));
        });
      }
      f.emit(advance(bias, i32.const(4 * ROWS)));
    });
    f.emit(advance(vectors, i32.const(4 * VECTORS)), advance(outs, i32.const(4 * VECTORS)));
  });
  return f;
}
