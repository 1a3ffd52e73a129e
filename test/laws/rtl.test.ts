import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DATAPATHS } from '../../src/datapaths/catalog.js';
import type { Datapath } from '../../src/datapaths/datapath.js';
import { emitDot } from '../../src/datapaths/rtl/index.js';
import { anyDatapath } from '../datapaths/kernel/arbitrary.js';
import { compile, type Design, discard, INSTALLED, writeBench } from '../rtl/bench.js';
import { sampled } from '../rtl/rows.js';

/** Every datapath's RTL gives the reference's bits: the catalogue's, and random ones as users could write them. */
const folders: string[] = [];
afterAll(() => folders.forEach(discard));

/** The message with which a datapath is refused; undefined where its RTL is written. */
function refusal(datapath: Datapath, k: number): string | undefined {
  try {
    emitDot(datapath, k, 'dut');
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as RangeError).message;
  }
}

/** The RTL under another name. */
const textOf = (datapath: Datapath) =>
  emitDot({ ...datapath, name: 'unit' }, datapath.lanes, 'dut')
    .map(({ text }) => text)
    .join('');

/** Verdicts of a simulation that are no PASS, and how many rows passed. */
function simulate(designs: readonly Design[]): { wrong: string[]; rows: number } {
  const { folder, counts } = writeBench(designs);
  folders.push(folder);
  const lines = compile('icarus', folder)().trim().split('\n');
  const passed = lines.filter((line) => line.startsWith('PASS'));
  expect(passed.length + new Set(lines.filter((line) => line.startsWith('FAIL'))).size).toBe(designs.length);
  return {
    wrong: lines.filter((line) => !line.startsWith('PASS')),
    rows: counts.reduce((sum, count) => sum + count, 0),
  };
}

const ROWS = 16;

describe.skipIf(!INSTALLED.icarus)('on Icarus', () => {
  it('every datapath of the catalogue', () => {
    const refused = DATAPATHS.filter((datapath) => refusal(datapath, datapath.lanes) !== undefined);
    expect(refused.every(({ blockScale }) => blockScale !== undefined)).toBe(true);
    const built = DATAPATHS.filter((datapath) => !refused.includes(datapath));
    // Units that differ in their names alone are one text, which is simulated once.
    const texts = new Map(built.map((datapath) => [textOf(datapath), datapath]));
    const { wrong, rows } = simulate([...texts.values()].map((unit) => sampled(unit, ROWS, unit.lanes, 1000)));
    expect(wrong).toEqual([]);
    expect(rows).toBe(texts.size * ROWS);
    expect(texts.size).toBeGreaterThan(80);
  }, 600_000);

  it('random datapaths', () => {
    const drawn = fc.sample(fc.tuple(anyDatapath, fc.integer({ min: 1, max: 9 })), { numRuns: 120, seed: 20_240_607 });
    const built = drawn.filter(([datapath, k]) => refusal(datapath, k) === undefined);
    const { wrong, rows } = simulate(
      built.map(([datapath, k], i) => sampled({ ...datapath, name: `random${i}` }, 20, k, 400)),
    );
    expect(wrong).toEqual([]);
    expect(rows).toBe(built.length * 20);
    expect(built.length).toBeGreaterThan(80);
    // What is refused is stochastic in a way that no unit can be, or keeps fewer bits of a NaN that is all ones.
    for (const [datapath, k] of drawn)
      if (!built.some(([other]) => other === datapath))
        expect(refusal(datapath, k)).toMatch(/^rtl: datapath .* (rounds|keeps fewer|has block scales)/);
  }, 600_000);
});
