import { describe, expect, it } from 'vitest';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { delaysOf, DELAY_UNIT } from '../../src/gates/delays.js';
import { eventSimulatorOf } from '../../src/gates/events.js';
import { glitchFactor, ratioOf } from '../../src/gates/glitches.js';
import { readNetlist } from '../../src/gates/netlist.js';
import { outputFeed, type PeOperands } from '../../src/gates/outputFeed.js';
import { peActivity } from '../../src/gates/pe.js';
import { peInputs, peWindows } from '../../src/gates/peWindows.js';
import { energyOfToggles } from '../../src/gates/power.js';
import { CASES } from '../../src/gates/simulator.js';
import { settled, stepped } from '../../src/gates/tables.js';
import { timingOf } from '../../src/gates/timing.js';
import { characterise } from '../../src/outputs/benches/characterise.js';
import { randomFrom } from '../../src/random/random.js';
import { INSTALLED } from '../rtl/bench.js';
import { CAPACITANCE, DELAY, LIBERTY, madeUp, module, OUTPUTS, plane, SLEW } from './cells.js';

const library = madeUp();
const units = (nanoseconds: number) => Math.round((nanoseconds * 1e-9) / DELAY_UNIT);

describe('delays', () => {
  const ports = {
    clk: { direction: 'input', bits: [2] },
    a: { direction: 'input', bits: [3] },
    y: { direction: 'output', bits: [6] },
  };
  const cells: Parameters<typeof module>[1] = [
    ['INV', { A: 3, Y: 4 }],
    ['NAND', { A: 4, B: 7, Y: 5 }],
    ['INV', { A: 5, Y: 6 }],
    ['DFF', { D: 6, CK: 2, Q: 7 }],
  ];
  const netlist = readNetlist(module(ports, cells), 'four', library);

  it('are those of the tables at the slew before and the load behind, in tenths of a picosecond', () => {
    const { gates, registers, inputs } = delaysOf(netlist, timingOf(netlist));
    const slew = SLEW.base + SLEW.byLoad * CAPACITANCE;
    const stage = (before: number) => units(DELAY.base + DELAY.bySlew * before + DELAY.byLoad * CAPACITANCE);
    const same = (delay: number, count: number) => new Array<number>(count).fill(delay);
    expect(gates).toEqual([same(stage(slew), 2), same(stage(slew), 4), same(stage(slew), 2)]);
    // The clock's edge takes no time; an input comes out of a register like the netlist's own.
    expect(registers).toEqual([same(stage(0), 2)]);
    expect(inputs).toEqual([same(stage(0), 2)]);
  });

  it('of several arcs of a pin are their mean, and never less than one unit', () => {
    const own = (pin: string, rise: number, fall: number) =>
      `timing () { related_pin : "${pin}"; timing_sense : negative_unate;
        cell_rise ${plane(rise, 0, 0)} cell_fall ${plane(fall, 0, 0)}
        rise_transition ${plane(0.1, 0, 0)} fall_transition ${plane(0.1, 0, 0)} }`;
    const arcs = `${own('A', 0.1, 0.2)} ${own('A', 0.3, 0.6)} ${own('B', -1, 0)}`;
    const text = LIBERTY.replace(
      /(cell \(NAND\)[^]*?function : "[^"]*";)[^]*?(?=\}\s*\}\s*cell \(NOR\))/,
      (_all, head: string) => `${head} internal_power () { power (scalar) { values ("0.001"); } } ${arcs}`,
    );
    const read = readNetlist(module(ports, cells), 'four', madeUp(text));
    expect(delaysOf(read, timingOf(read)).gates[1]).toEqual([units(0.2), units(0.4), 1, 1]);
  });

  it('of more than 1.6 microseconds are refused', () => {
    const slow = readNetlist(
      module(ports, cells),
      'four',
      madeUp(LIBERTY.replaceAll('values ("0.1,', 'values ("2e6,')),
    );
    expect(() => delaysOf(slow, timingOf(slow))).toThrow(
      /^gates: a delay of \w+ is [\de+.]+ ns; at most 1677.7216 are/,
    );
  });

  it('of inputs that no register is like are one unit', () => {
    const free = readNetlist(
      module({ a: { direction: 'input', bits: [2] }, y: { direction: 'output', bits: [3] } }, [
        ['INV', { A: 2, Y: 3 }],
      ]),
      'free',
      library,
    );
    expect(delaysOf(free, timingOf(free)).inputs).toEqual([[1, 1]]);
  });
});

describe('the ratio of a sample', () => {
  const sample = (stratum: number, x: number, y: number) => ({ stratum, x, y });

  it('is that of the means, weighed by the shares of the strata, and certain where all are the same', () => {
    const { ratio, error } = ratioOf(
      [sample(0, 1, 2), sample(0, 3, 6), sample(1, 2, 4), sample(1, 1, 2)],
      [0.25, 0.75],
    );
    expect(ratio).toBeCloseTo(2, 12);
    expect(error).toBeCloseTo(0, 12);
    // Means of x are 2 and 4, of y 3 and 9: (1.5 + 4.5) / (1 + 2).
    const uneven = ratioOf([sample(0, 1, 2), sample(0, 3, 4), sample(1, 4, 8), sample(1, 4, 10)], [0.5, 0.5]);
    expect(uneven.ratio).toBeCloseTo(2, 12);
    // Residuals 0 and -2, 0 and 2: variances 2, so 2 (0.25 * 2 / 2) = 0.5 over 3^2; t of 2 degrees is 4.3, 4.0 by its series.
    expect(uneven.error / (Math.sqrt(0.5) / 3)).toBeCloseTo(4.0, 0);
  });

  it('is 1 where nothing moves, and needs two windows of each stratum', () => {
    expect(ratioOf([sample(0, 0, 0), sample(0, 0, 0)], [1])).toEqual({ ratio: 1, error: 0 });
    expect(() => ratioOf([sample(0, 1, 1), sample(0, 1, 1), sample(1, 1, 1)], [0.5, 0.5])).toThrow(
      'glitches: stratum 1 has 1 windows; a variance takes two at least',
    );
  });

  it('has an interval that holds the true ratio in 95 of 100 samples', () => {
    const random = randomFrom(11);
    const trials = 2000;
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const samples = Array.from({ length: 60 }, (_, i) => {
        const stratum = i % 3;
        const x = 1 + stratum + random.unit();
        return sample(stratum, x, x * (2 + 0.5 * random.normal()) + stratum * random.normal());
      });
      const { ratio, error } = ratioOf(samples, [0.5, 0.3, 0.2]);
      if (Math.abs(ratio - 2) <= error) held++;
    }
    expect(held / trials).toBeGreaterThan(0.935);
    expect(held / trials).toBeLessThan(0.965);
  });
});

describe.skipIf(!INSTALLED.yosys)('a PE', () => {
  const int4 = datapathNamed('int4');
  const random = randomFrom(8);
  const operandsOf = (tiles: number, k: number): PeOperands => {
    const codes = () => Float64Array.from({ length: tiles * k * CASES }, () => random.below(16));
    return { tiles, k, a: codes(), b: codes() };
  };
  const chunked = { ...int4, name: 'int4-chunked', order: { kind: 'chunked', length: 4 } } as const;
  const lanes = { ...int4, name: 'int4-lanes', lanes: 3, combine: { kind: 'fused', sumInside: true } } as const;
  const built = async (unit: typeof int4) => {
    const { netlist } = await characterise(unit, OUTPUTS, library, 1);
    const gates = readNetlist(netlist, 'pe.json', library);
    const timing = timingOf(gates);
    const { perToggle } = energyOfToggles(gates, library, timing);
    return { gates, perToggle, simulator: eventSimulatorOf(gates, delaysOf(gates, timing)) };
  };

  it.each([int4, chunked, lanes].map((unit) => [unit.name, unit] as const))(
    '%s gets the bits that all PEs side by side get',
    async (_name, unit) => {
      const { gates, simulator } = await built(unit);
      const { tables } = simulator;
      const operands = operandsOf(2, 3 * unit.lanes * 2);
      const steps = 6;
      const feed = outputFeed(unit, unit.order, operands);
      const { toggles, cycles } = peActivity(gates, feed);
      const own = new Float64Array(gates.nets);
      const inputsAt = peInputs(
        tables.inputs.map(({ name }) => name),
        feed,
      );
      // After the last tile nothing comes, where the windows begin again.
      const none = new Uint8Array(tables.inputs.length);
      const after = cycles / CASES - 2 * steps;
      for (let c = 0; c < CASES; c++) {
        const all = Array.from({ length: 2 * steps }, (_, cycle) => inputsAt(c, cycle));
        let values = settled(tables, all[0]);
        for (const row of all.slice(1, 4)) values = stepped(tables, values, row);
        for (const row of [...all, ...Array.from({ length: after }, () => none)]) {
          const next = stepped(tables, values, row);
          next.forEach((value, net) => (own[net] += value ^ values[net]));
          values = next;
        }
      }
      expect(own).toEqual(toggles);
    },
    120_000,
  );

  it('the factor of a sample is that of all cycles, but for its interval', async () => {
    const { simulator, perToggle } = await built(int4);
    const { tables } = simulator;
    const feed = outputFeed(int4, int4.order, operandsOf(3, 20));
    const inputsAt = peInputs(
      tables.inputs.map(({ name }) => name),
      feed,
    );
    const energy = { all: 0, settled: 0 };
    for (let c = 0; c < CASES; c++) {
      const round = Array.from({ length: 60 }, (_, cycle) => inputsAt(c, cycle));
      let start = settled(tables, round[0]);
      for (const row of round.slice(1)) start = stepped(tables, start, row);
      const { toggles, settledToggles } = simulator.run(
        start,
        round.flatMap((row) => [...row]),
        60,
      );
      energy.all += toggles.reduce((sum, count, net) => sum + count * perToggle[net], 0);
      energy.settled += settledToggles.reduce((sum, count, net) => sum + count * perToggle[net], 0);
    }
    const truth = energy.all / energy.settled;
    expect(truth).toBeGreaterThan(1.2);
    const seeds = Array.from({ length: 40 }, (_, seed) => seed);
    const factors = seeds.map((seed) => {
      const { windows, shares } = peWindows(tables, feed, seed);
      return glitchFactor(simulator, perToggle, windows, shares);
    });
    expect(factors.filter(({ low, high }) => low <= truth && truth <= high).length).toBeGreaterThanOrEqual(35);
    for (const { low, high, factor } of factors) {
      expect(high - low).toBeLessThan(0.2);
      expect(factor).toBeCloseTo((low + high) / 2, 12);
    }
    // The same seed is the same sample.
    const { windows, shares } = peWindows(tables, feed, 0);
    expect(glitchFactor(simulator, perToggle, windows, shares)).toEqual(factors[0]);
  }, 120_000);
});
