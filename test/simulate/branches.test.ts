import { expect, it } from 'vitest';
import { heaviest, lower, macsOf } from '../../src/networks/lower.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { floatTensor } from '../../src/networks/tensor.js';
import { judgeCost } from '../../src/simulate/cost.js';
import { run } from '../../src/simulate/run.js';
import type { RunData } from '../../src/simulate/runData.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { type TailCase, tailCases } from '../networks/readers/onnx/tailCases.js';

/** What branches cost and say, of which each image takes one (test/networks/readers/onnx/tails.test.ts has their bits). */

const caseOf = (name: string) => tailCases().find((test) => test.name === `If, ${name}`) as TailCase;
const networkOf = (name: string) => readOnnx(caseOf(name).bytes, 'net.onnx');
const target = loadTarget('uint8');

const dataOf = (images: readonly Float32Array[]): RunData => ({
  count: images.length,
  batch: 1,
  inputs: (first) => new Map([['x', floatTensor([1, 3, 6, 7], images[first])]]),
  place: (image) => `image ${image}`,
});

const WIDE = 42 * 4 * 27;
const NARROW = 42 * 4 * 3;

it.each([
  ['a convolution in both branches', WIDE, WIDE + NARROW],
  ['another behind it', WIDE + 42 * 2 * 4, WIDE + NARROW + 42 * 2 * 4],
  ['one within another', WIDE, WIDE + 2 * NARROW],
])('%s: MACs are those of the heavier branch', (name, most, all) => {
  const network = networkOf(name);
  expect(macsOf(network)).toBe(most);
  const jobs = lower(network);
  expect(jobs.reduce((sum, { m, n, k, groups }) => sum + m * n * k * groups, 0)).toBe(all);
  // By another measure the other branch may be the heavier one.
  const narrow = heaviest(network, jobs, ({ k }) => (k === 3 ? 1 : 0));
  expect(narrow.some(({ k }) => k === 27)).toBe(false);
});

it('cost is that of the branch of more cycles; both are among its layers', () => {
  const { layers, cycles, macs, energyPj } = judgeCost(networkOf('convolutions of codes'), target);
  expect(layers.map((layer) => layer.macs)).toEqual([WIDE, NARROW]);
  const [wide, narrow] = layers;
  expect(wide.cycles.total).toBeGreaterThan(narrow.cycles.total);
  expect([cycles.total, macs, energyPj]).toEqual([wide.cycles.total, WIDE, wide.energyPj]);
});

it('a run tells errors of what ran, and leaves out a branch that no image took', () => {
  const { images } = caseOf('convolutions of codes');
  const network = networkOf('convolutions of codes');
  const sums = images.map((image) => image.reduce((sum, x) => sum + x, 0));
  const above = images.filter((_, i) => sums[i] > 0);
  expect([above.length > 0, above.length < images.length]).toEqual([true, true]);
  expect(run(network, target, dataOf(images)).layers).toHaveLength(2);
  const some = run(network, target, dataOf(above));
  expect(some.layers.map(({ macs }) => macs)).toEqual([WIDE]);
  expect(some.placements.filter(({ place }) => place === 'array')).toHaveLength(2);
});
