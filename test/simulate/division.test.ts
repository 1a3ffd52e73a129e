import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Network } from '../../src/networks/network.js';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { judgeAccuracy } from '../../src/simulate/accuracy.js';
import { joinedAccuracy, partOfData, partsFor } from '../../src/simulate/division.js';
import type { RunPlan } from '../../src/simulate/plan.js';
import { runAll } from '../../src/simulate/pool.js';
import { ofDataset } from '../../src/simulate/runData.js';
import type { Sufficient } from '../../src/simulate/worst.js';
import { sharedNetwork } from '../../src/simulate/shared.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { digits } from '../../src/training/data/digits.js';
import { folderWith } from '../cli/command.js';
import { codes, conv, dense, network, quantization, random } from '../networks/readers/onnx/samples.js';
import { forget, seen } from './inProcess.js';

vi.mock('piscina', async () => await import('./inProcess.js'));
/** Products count sixty-four times, so that few images are enough to be divided. */
vi.mock('../../src/networks/lower.js', async (original) => {
  const actual = await original<typeof import('../../src/networks/lower.js')>();
  return { ...actual, macsOf: (network: Network) => 64 * actual.macsOf(network) };
});

const draw = random(5);
const requantized = (format: string, scale: number) =>
  ({ kind: 'requantize', output: quantization(format, scale), convention: 'onnx' }) as const;

/** @param size of the images @param format of codes @param width filters of its convolutions */
function small(size: number, format: string, width: number) {
  const result = format === 'int8' ? requantized(format, 4) : ({ kind: 'dequantize' } as const);
  const second = format === 'int8' ? 'c0' : 'q1';
  return network(
    'small',
    [1, size, size],
    [
      { op: 'quantize', name: 'q0', inputs: ['image'], outputs: ['q0'], quantization: quantization(format, 1 / 64) },
      conv('c0', 'q0', codes(draw, format, [width, 1, 3, 3]), { result, pad: [1, 1, 1, 1] }),
      ...(format === 'int8'
        ? []
        : [
            {
              op: 'quantize' as const,
              name: 'q1',
              inputs: ['c0'],
              outputs: ['q1'],
              quantization: quantization(format, 1),
            },
          ]),
      conv('c1', second, codes(draw, format, [width, width, 3, 3]), { result: { kind: 'dequantize' } }),
      {
        op: 'averagePool',
        name: 'p',
        inputs: ['c1'],
        outputs: ['p'],
        kernel: [size - 2, size - 2],
        stride: [1, 1],
        pad: [0, 0, 0, 0],
      },
      { op: 'flatten', name: 'f', inputs: ['p'], outputs: ['f'] },
      { op: 'quantize', name: 'q2', inputs: ['f'], outputs: ['q2'], quantization: quantization(format, 1) },
      dense('d', 'q2', codes(draw, format, [10, width])),
    ],
  );
}

beforeEach(forget);

it.each([1, 2, 3, 5, 40])('%i parts of a run of 11 images find together what one run finds', (of) => {
  const own = small(28, 'int8', 6);
  const [data, target] = [ofDataset(own, digits(11)), loadTarget('int8')];
  const whole = judgeAccuracy(own, target, data);
  const parts = Array.from({ length: of }, (_, index) => judgeAccuracy(own, target, partOfData(data, { index, of })));
  expect(parts.reduce((sum, { images }) => sum + images, 0)).toBe(11);
  expect(joinedAccuracy(parts)).toEqual(whole);
});

it('of registers and exponents that parts need, all together need the largest, below one too', () => {
  const own = small(28, 'int8', 4);
  const whole = judgeAccuracy(own, loadTarget('int8'), ofDataset(own, digits(2)));
  const needing = (...sufficient: Sufficient[]) =>
    joinedAccuracy(
      sufficient.map((each) => ({ ...whole, layers: whole.layers.map((layer) => ({ ...layer, sufficient: each })) })),
    ).layers.map((layer) => layer.sufficient);
  for (const found of needing({ bits: 5 }, { bits: 7 }, { bits: 1 })) expect(found).toEqual({ bits: 7 });
  for (const found of needing({ exponent: -9 }, { exponent: -4 })) expect(found).toEqual({ exponent: -4 });
});

it('images that go together stay together, and keep their names', () => {
  const data = { ...ofDataset(small(28, 'int8', 4), digits(12)), batch: 4 };
  const parts = [0, 1].map((index) => partOfData(data, { index, of: 2 }));
  expect(parts.map(({ count }) => count)).toEqual([4, 8]);
  expect(parts[1].place(0)).toBe(data.place(4));
});

it('sums that differ are not joined', () => {
  const own = small(28, 'e4m3fn', 4);
  const [data, target] = [ofDataset(own, digits(4)), loadTarget('fp8-fp16')];
  const parts = [0, 1].map((index) => judgeAccuracy(own, target, partOfData(data, { index, of: 2 })));
  expect(() => joinedAccuracy(parts)).toThrow('internal error');
});

it('a network whose weights lie in shared memory is the same network', () => {
  const own = small(28, 'int8', 4);
  const shared = sharedNetwork(own);
  expect(shared).toEqual(own);
  for (const layer of shared.layers)
    if ('weight' in layer) expect(layer.weight.data.buffer).toBeInstanceOf(SharedArrayBuffer);
});

/** Of one channel, 56 x 56: ten images are more than 2^30 products, four times what a thread is started for as they count here. */
const IMAGES = 10;

function planOf(): RunPlan {
  const folder = folderWith();
  const [file, data] = ['net.onnx', 'images.npy'].map((name) => join(folder, name));
  writeFileSync(file, writeOnnx(small(56, 'int8', 64)));
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${IMAGES}, 1, 56, 56), }`.padEnd(117);
  const start = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${header}\n`, 'latin1');
  const values = Float32Array.from({ length: IMAGES * 56 * 56 }, () => 2 * draw() - 1);
  writeFileSync(data, Buffer.concat([start, new Uint8Array(values.buffer)]));
  return { network: file, target: { base: 'int8' }, data: { folder: data, images: IMAGES } };
}

it('a run is the same on any number of threads, with the float network too', async () => {
  const plan = planOf();
  const withFloat: RunPlan = { ...plan, reference: plan.network };
  const [alone] = await runAll([withFloat], { threads: 1 });
  for (const threads of [2, 3]) {
    forget();
    const done: number[] = [];
    const [result] = await runAll([withFloat], { threads, progress: (images) => done.push(images) });
    expect(seen.options[0].maxThreads).toBe(threads);
    expect(seen.plans.length).toBe(threads + 1);
    expect(result).toEqual(alone);
    expect(done.at(-1)).toBe(IMAGES);
  }
});

it('runs share the threads: each is divided into as many parts as there are threads for it, and never more in all', async () => {
  const plans = [planOf(), planOf()];
  for (const [threads, most] of [
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 4],
    [5, 4],
  ]) {
    forget();
    const options = { threads, signal: AbortSignal.abort(new Error('enough')) };
    await expect(runAll(plans, options)).rejects.toThrow('enough');
    expect(seen.options[0].maxThreads).toBe(most);
  }
});

it('is divided where there are images, products and exact sums enough', () => {
  const own = small(56, 'int8', 64);
  const plan: RunPlan = { network: 'small', target: { base: 'int8' }, data: { images: IMAGES } };
  expect(partsFor(own, plan, 3)).toBe(3);
  expect(partsFor(own, plan, 1)).toBe(1);
  expect(partsFor(own, { ...plan, data: { images: 2 } }, 3)).toBe(1);
  const floats = small(56, 'e4m3fn', 64);
  expect(partsFor(floats, { ...plan, target: { base: 'fp8-fp16' } }, 3)).toBe(1);
});
