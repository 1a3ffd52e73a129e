import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { macArray, orderOf } from '../../src/arrays/dataflow.js';
import { tileEnergies } from '../../src/arrays/gated.js';
import type { Datapath } from '../../src/datapaths/datapath.js';
import { codeArray, compileGemm } from '../../src/datapaths/kernel/index.js';
import { emitPe, rtlDigest } from '../../src/datapaths/rtl/index.js';
import { decode } from '../../src/formats/codec.js';
import { type Format, widthOf } from '../../src/formats/format.js';
import { readLibrary } from '../../src/gates/liberty/library.js';
import { packUnit } from '../../src/gates/packed.js';
import { STOCK_LIBRARIES, type StockLibrary, stockFile, stockUnit } from '../../src/gates/stock.js';
import { mapUnit } from '../../src/outputs/benches/mapUnit.js';
import { randomFrom } from '../../src/random/random.js';
import { TARGETS } from '../../src/targets/catalog.js';

/**
 * The netlists that come with the package are of the RTL that the package writes, and give its sums. Where they are not,
 * LASTBIT_WRITE=1 writes them anew, with Yosys, from liberty files (plain or .gz, with commas) that LASTBIT_ASAP7 and
 * LASTBIT_SG13G2 name: an hour of work at most.
 */
const MEGABYTES = 3;

/** Units that have RTL, each once. */
const UNITS = [
  ...new Map(
    TARGETS.flatMap(({ array, datapath, others }) =>
      [datapath, ...others]
        .filter(({ blockScale }) => blockScale === undefined)
        .map((unit) => [rtlDigest(emitPe(unit, orderOf(array, unit))), unit] as const),
    ),
  ),
];

const array = macArray({ rows: 16, cols: 16, dataflow: 'os' });

function librarySource({ name }: StockLibrary) {
  const named = process.env[`LASTBIT_${name.toUpperCase()}`];
  if (process.env.LASTBIT_WRITE === undefined || named === undefined) return undefined;
  const text = (file: string) =>
    (file.endsWith('.gz') ? gunzipSync(readFileSync(file)) : readFileSync(file)).toString();
  return readLibrary(named.split(',').map((file) => ({ name: file, text: text(file) })));
}

describe.each(STOCK_LIBRARIES.map((library) => [library.name, library] as const))('gates in %s', (_name, library) => {
  const source = librarySource(library);
  it.skipIf(source === undefined)(
    'are written',
    async () => {
      rmSync(dirname(stockFile(library, '', '')), { recursive: true, force: true });
      for (const [rtl, unit] of UNITS) {
        const { gates } = await mapUnit(unit, array, source as NonNullable<typeof source>);
        const file = stockFile(library, unit.name, rtl);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, packUnit(gates));
        expect(existsSync(file)).toBe(true);
      }
    },
    3_600_000,
  );

  it.each(UNITS.map(([rtl, unit]) => [unit.name, rtl, unit] as const))('%s gives its sums', (name, rtl, unit) => {
    const gates = stockUnit(library, name, rtl);
    if (gates === undefined) throw new Error(`no netlist of ${name} in ${library.name}: LASTBIT_WRITE=1 writes it`);
    const { cells, registers, area, period, netlist, energy } = gates;
    expect(netlist.gates.length + netlist.registers.length).toBe(cells);
    expect(netlist.registers.length).toBe(registers);
    expect(Math.min(area, period, energy.clock, energy.leakage)).toBeGreaterThan(0);
    expect(energy.perToggle.every((joules) => Number.isFinite(joules))).toBe(true);
    const product = drawn(unit);
    const [own] = tileEnergies(gates, array, product, [0]);
    expect(own.logic).toBeGreaterThan(own.wires);
    expect(own.registers).toBeGreaterThan(0);
    // Each sum is looked at as it leaves.
    const { sums } = product;
    const wrong = sums.slice() as typeof sums;
    // One bit of one sum, whatever it is wide.
    new Uint8Array(wrong.buffer)[37 * wrong.BYTES_PER_ELEMENT] ^= 1;
    expect(() => tileEnergies(gates, array, { ...product, sums: wrong }, [0])).toThrow(
      `layer drawn, sum 37: the gates of ${name} give code ${sums[37]}, the kernel ${wrong[37]}`,
    );
  });

  it('has no file beside', () => {
    const wanted = UNITS.map(([rtl, { name }]) => stockFile(library, name, rtl));
    const folder = dirname(wanted[0]);
    expect(readdirSync(folder).sort()).toEqual(wanted.map((file) => file.slice(folder.length + 1)).sort());
  });
});

it('all of them together are small', () => {
  const files = STOCK_LIBRARIES.flatMap((library) => UNITS.map(([rtl, { name }]) => stockFile(library, name, rtl)));
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  expect(bytes).toBeGreaterThan(2 ** 20 / 2);
  expect(bytes).toBeLessThan(MEGABYTES * 1e6);
});

/** A product that fills the array once. */
function drawn(unit: Datapath) {
  const { order, lanes } = unit;
  const [m, n, k] = [16, 16, 5 * lanes - (lanes > 1 ? 1 : 0)];
  const random = randomFrom(4);
  const codes = (format: Format, length: number) =>
    codeArray(format, length).map(() => {
      for (;;) {
        const code = random.below(2 ** widthOf(format));
        if (decode(format, code).kind === 'finite') return code;
      }
    });
  const [a, b] = [codes(unit.a, m * k), codes(unit.b, k * n)];
  const sums = compileGemm(unit, order).sums({ m, n, k, a, b });
  return { job: { layer: 'drawn', m, n, k, groups: 1 }, unit, order, a, b, sums };
}
