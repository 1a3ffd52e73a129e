import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { macArray } from '../../src/arrays/dataflow.js';
import { tileEnergies } from '../../src/arrays/gated.js';
import { gatesFor } from '../../src/cli/gateUnits.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { type CodeArray, codeArray, compileGemm } from '../../src/datapaths/kernel/index.js';
import { emitPe, rtlDigest } from '../../src/datapaths/rtl/index.js';
import { eventSimulatorOf } from '../../src/gates/events.js';
import { settled } from '../../src/gates/tables.js';
import { STOCK_LIBRARIES, stockUnit } from '../../src/gates/stock.js';
import type { GateUnit } from '../../src/gates/unit.js';
import { randomFrom } from '../../src/random/random.js';
import { judgeCost } from '../../src/simulate/cost.js';
import { gateActivity } from '../../src/simulate/gateActivity.js';
import { GateSample, half95, totalOf } from '../../src/simulate/gateSample.js';
import { goldenRun } from '../../src/simulate/golden.js';
import { loadNetwork, loadRunData, resolveTarget } from '../../src/simulate/plan.js';
import { run, withGateCost } from '../../src/simulate/run.js';
import { loadTarget } from '../../src/targets/catalog.js';

const array = macArray({ rows: 16, cols: 16, dataflow: 'os' });
const unit = datapathNamed('int4');
const gates = stockUnit(STOCK_LIBRARIES[0], 'int4', rtlDigest(emitPe(unit, unit.order))) as GateUnit;

/** A product whose rows are the busier the further down they are. */
function uneven(m: number, n: number, k: number) {
  const random = randomFrom(6);
  const a = codeArray(unit.a, m * k).map((_, at) =>
    random.below(1 + Math.floor((15 * Math.floor(at / k)) / m)),
  ) as CodeArray;
  const b = codeArray(unit.b, k * n).map(() => random.below(16)) as CodeArray;
  const { order } = unit;
  return {
    job: { layer: 'uneven', m, n, k, groups: 1 },
    unit,
    order,
    a,
    b,
    sums: compileGemm(unit, order).sums({ m, n, k, a, b }),
  };
}

describe('a sample of tiles', () => {
  const product = uneven(1000, 40, 9);
  const whole = new GateSample(gates, array, product, false, [1]);
  whole.extend(whole.tiles);
  const all = whole.estimate();

  it('all of them are what they are', () => {
    const places = Array.from({ length: whole.tiles }, (_, index) => index);
    const energies = tileEnergies(gates, array, product, places);
    const sum = energies.reduce((total, each) => total + totalOf(each), 0);
    expect(whole.simulated).toBe(whole.tiles);
    expect(all.variance).toBe(0);
    expect(totalOf(all)).toBeCloseTo(sum, 20);
  });

  it('some of them tell the sum, as well as they say', () => {
    const seeds = Array.from({ length: 40 }, (_, seed) => seed + 2);
    const samples = seeds.map((seed) => {
      const sample = new GateSample(gates, array, product, false, [seed]);
      // In two steps, as it is done where the first ones scatter.
      sample.extend(20);
      sample.extend(40);
      const estimate = sample.estimate();
      expect(sample.simulated).toBeLessThan(whole.tiles / 3);
      return { error: totalOf(estimate) - totalOf(all), half: half95([estimate]) };
    });
    const right = samples.filter(({ error, half }) => Math.abs(error) <= half).length;
    expect(right).toBeGreaterThanOrEqual(34);
    const mean = samples.reduce((sum, { error }) => sum + error, 0) / samples.length;
    expect(Math.abs(mean)).toBeLessThan(totalOf(all) * 0.02);
    for (const { half } of samples) expect(half).toBeLessThan(totalOf(all) * 0.2);
  });
});

it('glitches are those of the PEs in the array', () => {
  const product = uneven(16, 16, 40);
  const sample = new GateSample(gates, array, product, false, [3]);
  sample.extend(1, 400);
  const { factor, low, high } = sample.glitches();
  // All PEs and cycles of the tile, one by one.
  const events = eventSimulatorOf(gates.netlist, gates.delays);
  const cycles = 8;
  const windows = Array.from({ length: 256 }, (_, pe) =>
    Array.from({ length: 5 }, (_part, part) => ({
      ...{ tile: 0, row: Math.floor(pe / 16), col: pe % 16, cycle: part * cycles, cycles },
    })),
  ).flat();
  let [with_, without] = [0, 0];
  tileEnergies(gates, array, product, [0], false, {
    windows,
    seen(_window, { start, inputs }) {
      const { toggles, settledToggles } = events.run(start, inputs, cycles);
      const { perToggle } = gates.energy;
      with_ += toggles.reduce((sum, count, net) => sum + count * perToggle[net], 0);
      without += settledToggles.reduce((sum, count, net) => sum + count * perToggle[net], 0);
    },
  });
  expect(with_ / without).toBeGreaterThan(1.2);
  // What is not work, a third of the cycles, glitches less.
  expect(factor).toBeLessThan(with_ / without + 0.1);
  expect(factor).toBeGreaterThan(with_ / without - 0.15);
  expect(high - low).toBeLessThan(0.2);
});

it('glitches are looked for in tiles shorter than a window, too', () => {
  const product = uneven(8, 8, 2);
  const sample = new GateSample(gates, macArray({ rows: 1, cols: 1, dataflow: 'os' }), product, false, [3]);
  sample.extend(sample.tiles, 100);
  const { factor, low, high } = sample.glitches();
  expect(factor).toBeGreaterThan(1.05);
  expect(high).toBeGreaterThan(low);
});

it('what a window shows goes on as the array does', () => {
  const product = uneven(40, 20, 12);
  const { netlist } = gates;
  const events = eventSimulatorOf(netlist, gates.delays);
  const seen = new Map<number, { start: Uint8Array; inputs: Uint8Array }>();
  const windows = [0, 4, 8].map((cycle) => ({ tile: 1, row: 9, col: 3, cycle, cycles: 4 }));
  tileEnergies(gates, array, product, [0, 1, 2], false, {
    windows,
    seen: ({ cycle }, what) => void seen.set(cycle, what as { start: Uint8Array; inputs: Uint8Array }),
  });
  expect(seen.size).toBe(3);
  for (const cycle of [0, 4]) {
    const { start, inputs } = seen.get(cycle) as { start: Uint8Array; inputs: Uint8Array };
    expect(events.run(start, inputs, 4).end).toEqual(seen.get(cycle + 4)?.start);
  }
  // And it is the state of a netlist that has settled.
  const { tables } = events;
  const { start, inputs } = seen.get(4) as { start: Uint8Array; inputs: Uint8Array };
  expect(inputs.length).toBe(4 * tables.inputs.length);
  const bits = tables.inputs.map(({ net }) => start[net]);
  const states = tables.registers.map(({ outputs: [{ net, values }] }) => Number(start[net] === values[1]));
  expect(settled(tables, bits, states)).toEqual(start);
});

describe('a network', async () => {
  const network = await loadNetwork(join(import.meta.dirname, '../../models/digits-int8.onnx'));
  const target = resolveTarget({ base: 'int8', energy: 'gates:asap7' });
  const data = await loadRunData(network, { images: 3 });
  const own = await gatesFor(network, target, 'asap7');
  const activity = gateActivity(network, target, own, data, { windows: 300 });

  it('every layer, every image and every tile of a small one are looked at', () => {
    const { layers, images, tiles, simulated, error } = activity;
    expect([...layers.keys()]).toEqual(judgeCost(network, target).layers.map(({ layer }) => layer));
    expect(images).toBe(3);
    expect(simulated).toBe(tiles);
    // All images of the run are known, so there is nothing to be wrong about.
    expect(error).toBe(0);
    const products = [0, 1, 2].map((image) => goldenRun(network, target, data.inputs(image, 1)).products);
    for (const [layer, { nets }] of layers) {
      const each = products.map((all) => {
        const product = all.get(layer) as NonNullable<ReturnType<typeof all.get>>;
        const places = Array.from(
          { length: Math.ceil(product.job.m / 16) * Math.ceil(product.job.n / 16) },
          (_, i) => i,
        );
        const energies = tileEnergies([...own.values()][0], target.array, product, places);
        return energies.reduce((sum, tile) => sum + tile.logic, 0);
      });
      expect(nets.logic).toBeCloseTo(each.reduce((sum, joules) => sum + joules, 0) / 3, 18);
    }
  });

  it('of some images the others are guessed', async () => {
    const more = await loadRunData(network, { images: 16 });
    const two = gateActivity(network, target, own, more, { mostImages: 2, windows: 0 });
    const eight = gateActivity(network, target, own, more, { mostImages: 6, windows: 0 });
    const sum = ({ layers }: typeof two) => [...layers.values()].reduce((total, { nets }) => total + totalOf(nets), 0);
    const all = gateActivity(network, target, own, more, { mostImages: 16, windows: 0 });
    expect([two.images, eight.images, all.images]).toEqual([2, 6, 16]);
    expect(all.error).toBe(0);
    expect(eight.error).toBeGreaterThan(0);
    expect(Math.abs(sum(eight) / sum(all) - 1)).toBeLessThan(2 * eight.error);
    for (const { glitches } of two.layers.values()) expect(glitches).toEqual({ factor: 1, low: 1, high: 1 });
  });

  it('a run has both energies', () => {
    const result = run(network, target, data);
    const plain = judgeCost(network, loadTarget('int8'));
    // Without the gates there are the memories alone.
    expect(result.cost.energyPj).toBeLessThan(plain.energyPj);
    const both = withGateCost(result, network, target, activity);
    const sum = both.layers.reduce(
      (total, { energy }) => total + energy.reduce((all, part) => all + part.energyPj, 0),
      0,
    );
    expect(both.gates).toMatchObject({ energyPj: both.cost.energyPj, tablePj: plain.energyPj, technology: 'asap7' });
    expect(both.cost.energyPj).toBeCloseTo(sum, 6);
    expect(both.gates?.maxMhz).toBeGreaterThan(1000);
    expect(both.cost.cycles).toEqual(result.cost.cycles);
    expect(both.gates?.glitches.factor).toBeGreaterThan(1.4);
    for (const { glitches } of both.layers) expect(glitches?.low).toBeLessThanOrEqual(glitches?.factor as number);
    // Every PE has its clock in every cycle.
    const clock = both.layers.flatMap(({ energy }) =>
      energy.filter(({ action }) => action.kind === 'pe' && ['clock', 'idle'].includes(action.part)),
    );
    expect(clock.reduce((all, { count }) => all + count, 0)).toBe(256 * both.cost.cycles.total);
  });
});

it('a unit whose operands come the other way around is the same unit', async () => {
  const mixed = loadTarget('uint8');
  const [uint8xint8] = [mixed.datapath];
  const own = stockUnit(
    STOCK_LIBRARIES[1],
    uint8xint8.name,
    rtlDigest(emitPe(uint8xint8, uint8xint8.order)),
  ) as GateUnit;
  const swapped = { ...uint8xint8, a: uint8xint8.b, b: uint8xint8.a };
  const random = randomFrom(2);
  const [m, n, k] = [16, 16, 6];
  const a = codeArray(swapped.a, m * k).map(() => random.below(256)) as CodeArray;
  const b = codeArray(swapped.b, k * n).map(() => random.below(256)) as CodeArray;
  const { order } = swapped;
  const sums = compileGemm(swapped, order).sums({ m, n, k, a, b });
  const product = { job: { layer: 'swapped', m, n, k }, unit: swapped, order, a, b, sums };
  expect(tileEnergies(own, array, product, [0], true)).toHaveLength(1);
  expect(() => tileEnergies(own, array, product, [0])).toThrow('the gates of uint8-int8 give code');
});

/** The target that each network of the package was made for. */
const SHIPPED = [
  ['digits-binary', 'xnor'],
  ['digits-e4m3fn', 'fp8-fp16'],
  ['digits-e5m2', 'fp8-fp32'],
  ['digits-int4', 'int4'],
  ['digits-int8', 'int8'],
  ['digits-mixed', 'fp8-fp32'],
  ['digits-radix4', 'radix4-fp16'],
  ['flags-e4m3fn', 'fp8-fp32'],
  ['flags-int4', 'int4'],
  ['flags-int8', 'int8'],
];

it.each(SHIPPED)('every sum of every layer of %s leaves the gates of %s', async (name, base) => {
  const network = await loadNetwork(join(import.meta.dirname, `../../models/${name}.onnx`));
  const target = loadTarget(base);
  const data = await loadRunData(network, { images: 1 });
  for (const { name: library } of STOCK_LIBRARIES) {
    // A sum that is not the kernel's is an error there.
    const own = await gatesFor(network, target, library);
    const { layers, tiles, simulated } = gateActivity(network, target, own, data, { windows: 0 });
    expect([layers.size, simulated]).toEqual([judgeCost(network, target).layers.length, tiles]);
  }
});
