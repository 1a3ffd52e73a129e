import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { costOf } from '../../src/arrays/cost.js';
import { BLOCK_FORMATS } from '../../src/formats/block.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { unitForJob } from '../../src/targets/blockUnit.js';
import { loadTarget, TARGETS } from '../../src/targets/catalog.js';
import { textOf } from '../../src/energy/action.js';
import { parseTarget } from '../../src/targets/schema.js';
import { findUnit, layerCostOf, layerEnergyOf, SOURCED_FIELDS } from '../../src/targets/target.js';

const FILE = `array: {rows: 8, cols: 4, dataflow: ws, doubleBuffer: true}
datapath: int8
memories: {a: 16, b: 16, sum: 8}
clockMhz: 700
energy: jouppi-7nm
source: {clockMhz: data sheet p. 3}
`;

it('has the arrays of the main job, each with a source for every field', () => {
  const names = TARGETS.map((target) => target.name);
  expect(names).toEqual(
    expect.arrayContaining(['int8', 'int4', 'xnor', 'fp8-fp16', 'fp8-fp32', 'radix4', 'radix4-fp16']),
  );
  expect(new Set(names).size).toBe(names.length);
  for (const target of TARGETS) for (const field of SOURCED_FIELDS) expect(target.source[field]).toMatch(/\w+ \w+/);
});

it('takes a sparsity of all of a group', () => {
  const { sparsity } = parseTarget(`${FILE}sparsity: {kind: n-of-m, n: 4, m: 4}\n`, 'f.yaml');
  expect(sparsity).toEqual({ kind: 'n-of-m', n: 4, m: 4 });
});

it('is plain data', () => {
  for (const target of TARGETS) expect(JSON.parse(JSON.stringify(target))).toEqual(target);
});

it('a layer costs what its counts cost by the entries of the target', () => {
  for (const target of TARGETS) {
    const cost = costOf({ layer: 'conv2', m: 64, n: 16, k: 150 }, target.array, target.datapath);
    const { totalPj, parts } = layerEnergyOf(cost, target);
    for (const { count, energyPj, entry } of parts) {
      expect(entry.pj).toBeGreaterThan(0);
      expect(energyPj).toBe(count * entry.pj);
    }
    expect(totalPj).toBeCloseTo(
      parts.reduce((sum, { energyPj }) => sum + energyPj, 0),
      6,
    );
  }
});

it('is read from a file, with defaults', () => {
  const target = parseTarget(FILE, 'dir/tpu.yaml');
  expect(target).toMatchObject({
    name: 'tpu',
    clockMhz: 700,
    datapath: { name: 'int8' },
    energy: { name: 'jouppi-7nm' },
  });
  expect(target.array).toMatchObject({
    rows: 8,
    dataflow: 'ws',
    accumulation: 'memory',
    doubleBuffer: true,
    addStages: 1,
  });
  expect(target.source).toMatchObject({ clockMhz: 'data sheet p. 3', array: 'given in dir/tpu.yaml' });
});

it('stalls on its DRAM, and pays for it, where the file gives its bandwidth', () => {
  const memories = (more: string) => FILE.replace('sum: 8}', `sum: 8${more}}`);
  const [free, bound] = ['', ', bandwidth: {dram: 16}'].map((more) => parseTarget(memories(more), 'x.yaml'));
  const job = { layer: 'x', m: 64, n: 32, k: 64 };
  const [fast, slow] = [layerCostOf(job, free), layerCostOf(job, bound)];
  expect(slow.traffic).toEqual(fast.traffic);
  expect(slow.cycles.total).toBe(fast.cycles.total + slow.hindrance.dram);
  expect(slow.hindrance.dram).toBeGreaterThan(0);
  const actionsOf = (cost: typeof fast, target: typeof free) =>
    layerEnergyOf(cost, target).parts.map(({ action }) => textOf(action));
  expect(actionsOf(slow, bound)).toEqual([...actionsOf(fast, free), 'read:dram', 'write:dram']);
});

it('takes a datapath and energies of its own', () => {
  const unit = 'datapath: {a: e4m3fn, b: e4m3fn, sum: {format: bf16}}';
  const ownEnergy = `energy: {table: horowitz-45nm, entries: [{action: 'mac:e4m3fn*e4m3fn+bf16', pj: 0.3, source: us, node: 45 nm},
    {action: 'add:bf16', pj: 0.4, source: us, node: 45 nm}]}`;
  const text = FILE.replace('datapath: int8', unit).replace('energy: jouppi-7nm', ownEnergy);
  const target = parseTarget(text, 'own.yaml');
  expect(target.datapath.sum.format.name).toBe('bf16');
  const { parts } = layerEnergyOf(costOf({ layer: 'x', m: 1, n: 1, k: 1 }, target.array, target.datapath), target);
  expect(parts[0]).toMatchObject({
    action: { kind: 'mac', a: 'e4m3fn', b: 'e4m3fn', sum: 'bf16' },
    entry: { pj: 0.3, source: 'us' },
  });
});

it.each([
  [
    'dataflow: ws',
    'dataflow: wss',
    /^f\.yaml:1:\d+: array\.dataflow: "wss" is not one of os, ws, is; did you mean "[ow]s"\?$/,
  ],
  ['rows: 8', 'rows: 0', /^f\.yaml:1:15: array\.rows: must be at least 1, found 0$/],
  [
    'doubleBuffer',
    'doubleBufer',
    /^f\.yaml:1:\d+: array: there is no field "doubleBufer" here; did you mean "doubleBuffer"\?/,
  ],
  ['datapath: int8', 'datapath: int9', /^f\.yaml: datapath: there is no datapath "int9"/],
  [
    'energy: jouppi-7nm',
    'energy: jouppi',
    /^f\.yaml:5:9: energy: .*horowitz-45nm.*found "jouppi"; did you mean "jouppi-7nm"\?$/,
  ],
  [
    'clockMhz: 700\n',
    'clockMhz: 700\nsparsity: {kind: n-of-m, n: 4, m: 2}\n',
    /^f\.yaml:5:29: sparsity\.n: must be at most m, the size of the group, found 4$/,
  ],
  ['clockMhz: 700\n', '', /^f\.yaml:1:1: clockMhz: is missing; must be a number$/],
  [
    'datapath: int8',
    'datapath: {a: int4, b: int4, sum: {format: int20}}',
    /^target f: no energy for mac:int4\*int4\+int20 in table jouppi-7nm: there is mac:/,
  ],
])('says what is wrong: %s -> %s', (from, to, message) => {
  expect(() => parseTarget(FILE.replace(from, to), 'f.yaml')).toThrow(message);
});

it('says which targets there are', () => {
  expect(() => loadTarget('int88')).toThrow(/there are int8, int4, .*did you mean "int8"\?$/);
});

it('a datapath file that is not there is an error that has its path', () => {
  const text = FILE.replace('datapath: int8', 'datapath: none.yaml');
  expect(() => parseTarget(text, 'dir/tpu.yaml')).toThrow(
    expect.objectContaining({ code: 'ENOENT', path: resolve('dir/none.yaml') }),
  );
  expect(() => parseTarget(FILE.replace('datapath: int8', 'datapath: int9'), 'dir/tpu.yaml')).toThrow(
    'dir/tpu.yaml: datapath: ',
  );
});

it('each unit is found by its operands in either order, but for those that read scales of blocks', () => {
  for (const target of TARGETS)
    for (const unit of [target.datapath, ...target.others]) {
      const { a, b, blockScale } = unit;
      const [found, turned] = [findUnit(target, a, b), findUnit(target, b, a)];
      if (blockScale !== undefined) expect([target.name, found, turned]).toEqual([target.name, undefined, undefined]);
      else expect([found, turned]).toEqual([unit, { ...unit, a: b, b: a }]);
    }
  const [int8] = TARGETS;
  expect(findUnit(int8, formatNamed('fp64'), int8.datapath.b)).toBe(undefined);
});

it('products of blocks run on the units that read their elements, with scales of their format for as many of them', () => {
  const spelled = (element: string, scale?: string, size?: number) => `${element} ${scale} ${size}`;
  let found = 0;
  for (const target of TARGETS) {
    const units = [target.datapath, ...target.others];
    for (const own of BLOCK_FORMATS)
      for (const blocks of [own, { ...own, size: own.size + 1 }]) {
        const { element, scale, size } = blocks;
        const unit = units.find(
          ({ a, blockScale }) =>
            spelled(a.name, blockScale?.format.name, blockScale?.size) === spelled(element.name, scale.name, size),
        );
        const ask = () => unitForJob(target, { layer: 'l', blocks });
        if (unit !== undefined) expect(ask()).toBe(unit);
        else
          expect(ask).toThrow(
            `layer l multiplies blocks of ${blocks.name} (${size} of ${element.name} with a scale of ${scale.name}), and target ${target.name} has no unit with such a blockScale`,
          );
        if (unit !== undefined) found++;
      }
  }
  // Those of OCP, two of them with two kinds of elements, and NVIDIA's.
  expect(found).toBe(7);
});

it('a product without codes is none for a target', () => {
  const [a] = [formatNamed('int8')];
  for (const formats of [{}, { aFormat: a }, { bFormat: a }])
    expect(() => unitForJob(loadTarget('int8'), { layer: 'l', ...formats })).toThrow(
      'layer l is not quantized: a target multiplies codes; quantize the network first',
    );
  expect(unitForJob(loadTarget('int8'), { layer: 'l', aFormat: a, bFormat: a }).name).toBe('int8');
});
