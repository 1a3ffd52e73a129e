import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lower } from '../../src/networks/lower.js';
import type { Layer, Network } from '../../src/networks/network.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { placementsOf, whyBeside } from '../../src/simulate/placement.js';
import { checkNetwork, resolveTarget, whyNot } from '../../src/simulate/plan.js';
import { loadTarget, TARGETS } from '../../src/targets/catalog.js';
import { type Target, withEveryEnergy } from '../../src/targets/target.js';
import { lenet } from '../../src/training/networks/architectures.js';
import { folderWith } from '../cli/command.js';
import { floats, integers, mixed } from '../networks/readers/onnx/samples.js';

const model = (name: string) => join(import.meta.dirname, '..', '..', 'models', `${name}.onnx`);
const networkOf = (name: string) => readOnnx(readFileSync(model(name)), name);
const NETWORKS: Network[] = [
  ...['digits-int8', 'digits-binary', 'digits-mixed', 'digits-fp32'].map(networkOf),
  ...[floats, ...integers, ...mixed],
];

/** Formats of a layer's operands, in the order of their names; undefined where it multiplies no codes. */
function operandsOf(network: Network, layer: Layer): string | undefined {
  if (layer.op !== 'conv' && layer.op !== 'dense') return undefined;
  const { aFormat, bFormat } = lower(network).find((job) => job.layer === layer.name) ?? {};
  return aFormat && bFormat && [aFormat.name, bFormat.name].sort().join();
}

const unitsIn = ({ datapath, others }: Target) =>
  [datapath, ...others]
    .filter((unit) => unit.blockScale === undefined)
    .map(({ a, b }) => [a.name, b.name].sort().join());

it.each(NETWORKS.map((network) => [network.name, network] as const))(
  'a layer of %s runs on the array where the target has a unit for its codes',
  (_name, network) => {
    const jobs = lower(network);
    for (const target of TARGETS) {
      const units = unitsIn(target);
      const placements = placementsOf(network, target);
      expect(placements.map(({ layer, node, op }) => [layer, node, op])).toEqual(
        network.layers.map(({ name, node, op }) => [name, node ?? name, op]),
      );
      for (const [i, layer] of network.layers.entries()) {
        const { place, reason, job, rule } = placements[i];
        const multiplies = layer.op === 'conv' || layer.op === 'dense';
        const operands = operandsOf(network, layer);
        const runs = operands !== undefined && units.includes(operands);
        expect([place, reason === undefined]).toEqual(runs ? ['array', true] : ['beside', !multiplies]);
        expect(job).toEqual(jobs.find((each) => each.layer === layer.name));
        if (job !== undefined) expect(whyBeside(target, job)).toBe(reason);
        expect(rule).toBe(multiplies && layer.result.kind === 'requantize' ? 'onnx' : undefined);
      }
      // A target runs a network where none of its products would run beside the array.
      const beside = placements.find(({ reason }) => reason !== undefined);
      if (target.sparsity === undefined) expect(whyNot(network, target)).toBe(beside?.reason);
    }
  },
);

it('a layer is known by its node, and its codes by the rule of its own', () => {
  const [first, ...rest] = integers[0].layers;
  const layers: Layer[] = [{ ...first, node: 'Quantize_7', rule: 'ort-node' }, ...rest];
  const [placed, next] = placementsOf({ ...integers[0], layers }, loadTarget('uint8'));
  expect(placed).toEqual({ layer: 'q', node: 'Quantize_7', op: 'quantize', place: 'beside', rule: 'ort-node' });
  expect([next.layer, next.node, next.rule]).toEqual(['conv1', 'conv1', 'onnx']);
});

it('auto has a unit for whatever products of codes a network has, and takes int8 where it has none', () => {
  for (const network of NETWORKS) {
    const target = resolveTarget({ base: 'auto' }, network);
    const pairs = network.layers.flatMap((layer) => operandsOf(network, layer) ?? []);
    const known = new Set(TARGETS.filter(({ sparsity }) => sparsity === undefined).flatMap(unitsIn));
    const wanted = [...new Set(pairs)].filter((pair) => known.has(pair));
    expect(unitsIn(target), network.name).toEqual(wanted.length === 0 ? ['int8,int8'] : wanted);
    // The first target of the catalogue that has a unit lends it, with its energies.
    const lenders = wanted.map((pair) =>
      TARGETS.find((each) => each.sparsity === undefined && unitsIn(each).includes(pair)),
    );
    const from = lenders.length === 0 ? [loadTarget('int8')] : [...new Set(lenders as Target[])];
    const names = from.map(({ name }) => name).join(', ');
    const entries = from.flatMap(({ energy }) => energy.entries);
    expect([target.name, target.energy]).toEqual(['auto', { name: `that of ${names}`, entries }]);
    expect(target.source.datapath).toBe(`the units of ${names} that the network needs`);
    expect(withEveryEnergy(target)).toBe(target);
  }
  expect(() => resolveTarget({ base: 'auto' })).toThrow('there is no target "auto"');
});

it('a network that is none is an error, and no reason of a target', () => {
  const broken = { ...integers[0], layers: integers[0].layers.slice(1) };
  for (const target of TARGETS) expect(() => whyNot(broken, target)).toThrow('which no layer before it writes');
});

describe('a check of a network’s file', () => {
  it('says where each layer runs, and with strict which have no unit', async () => {
    const net = networkOf('digits-mixed');
    for (const name of ['fp8-fp32', 'fp8-fp16', 'int8']) {
      const target = loadTarget(name);
      const placements = placementsOf(net, target);
      const plan = { base: name };
      expect(await checkNetwork(model('digits-mixed'), plan)).toEqual({ placements, refused: [] });
      const strict = await checkNetwork(model('digits-mixed'), plan, { strict: true });
      const without = placements.filter(({ reason }) => reason !== undefined);
      expect(without.length > 0).toBe(name !== 'fp8-fp32');
      expect(strict).toEqual({
        placements,
        refused: without.map(({ layer, op, reason }) => ({ name: layer, op, reason })),
      });
    }
  });

  it('has the reason where it is no network, and is an error where there is no file', async () => {
    const folder = folderWith({ 'text.onnx': 'no network' });
    const path = join(folder, 'text.onnx');
    const { placements, refused } = await checkNetwork(path, { base: 'int8' });
    expect(placements).toEqual([]);
    expect(refused).toEqual([{ name: path, op: '', reason: expect.stringContaining(path) as string }]);
    await expect(checkNetwork(join(folder, 'none.onnx'), { base: 'int8' })).rejects.toThrow('none.onnx');
    await expect(checkNetwork(path, { base: 'none' })).resolves.toBeDefined();
  });

  it('names the nodes that nobody can read, and places those that can be', async () => {
    const path = join(folderWith(), 'odd.onnx');
    const bytes = writeOnnx({ ...lenet(1), name: 'odd' });
    // An operator of the same length that there is not.
    const text = Buffer.from(bytes).toString('latin1').replace('MaxPool', 'MaxPuul');
    writeFileSync(path, Buffer.from(text, 'latin1'));
    const { placements, refused } = await checkNetwork(path, { base: 'int8' });
    expect(refused.map(({ name, op }) => [name, op])).toEqual([['pool1', 'MaxPuul']]);
    expect(placements.map(({ layer }) => layer)).toEqual(['norm1']);
  });
});
