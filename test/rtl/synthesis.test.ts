import { program } from '../programs.js';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BASIC, datapathNamed } from '../../src/datapaths/catalog.js';
import { emitDot, emitMesh, type RtlFile } from '../../src/datapaths/rtl/index.js';
import { synthesise } from '../../src/outputs/benches/synthesis.js';
import { discard, INSTALLED } from './bench.js';
import { ORDERS, UNITS } from './units.js';

const library = join(import.meta.dirname, '..', '..', 'src', 'datapaths', 'rtl');
const folders: string[] = [];
afterAll(() => folders.forEach(discard));

const shape = { rows: 2, cols: 2, doubleBuffer: true, reinject: false, memory: { steps: 4, folds: 2, depth: 8 } };

/** Designs that between them have every module, each with the name of its top. */
function designs(): { top: string; files: RtlFile[] }[] {
  const named = UNITS.map((unit, i) => ({
    top: `dut${i}`,
    unit: { ...unit, name: `${unit.name}_${i}` },
    k: unit.lanes,
  }));
  const ordered = ORDERS.map(([unit, k], i) => ({
    top: `dot${i}`,
    unit: { ...unit, name: `${unit.name}_dot${i}` },
    k,
  }));
  return [...named, ...ordered].map(({ top, unit, k }) => ({ top, files: emitDot(unit, k, top) }));
}

describe.skipIf(!INSTALLED.yosys)('yosys', () => {
  it('elaborates and checks every unit', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lastbit-yosys-'));
    folders.push(folder);
    const all = designs();
    for (const { name, text } of all.flatMap(({ files }) => files)) writeFileSync(join(folder, name), text);
    // The sources are read once, and each top starts from what was read.
    const tops = all.map(
      ({ top }) => `design -load read; hierarchy -check -top ${top}; proc; opt_clean; check -assert`,
    );
    const script = ['read_verilog -sv *.sv; design -save read', ...tops].join('; ');
    writeFileSync(join(folder, 'all.ys'), script.replaceAll('; ', '\n'));
    const { status, stderr } = program('yosys', ['-q', 'all.ys'], { cwd: folder, timeout: 280_000 });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    // The arrays' modules are in the next tests, those of pipelined PEs in test/gates/pe.test.ts.
    const used = new Set(readdirSync(folder));
    const rest = readdirSync(library).filter((name) => name.endsWith('.sv') && !used.has(name));
    expect(rest.sort()).toEqual(
      [
        'accumulator',
        'int_multiply',
        'lfsr',
        'mac_add',
        'mac_multiply',
        'mesh_os',
        'mesh_ws',
        'pe_os',
        'pe_os_staged',
        'pe_ws',
        'skew',
      ].map((name) => `lastbit_${name}.sv`),
    );
  }, 300_000);

  it.each(BASIC.map((unit) => [unit.name, unit] as const))(
    'synthesises %s to gates',
    async (_name, unit) => {
      const { cells, types } = await synthesise(emitDot(unit, unit.lanes, 'dut'), 'dut');
      expect(cells).toBeGreaterThan(100);
      // Combinational: gates, and neither registers nor latches.
      expect(Object.keys(types).filter((type) => /DFF|LATCH|MEM/.test(type))).toEqual([]);
    },
    120_000,
  );

  it.each(['os', 'ws', 'is'] as const)(
    'synthesises an array, %s: no latches',
    async (dataflow) => {
      const unit = datapathNamed('int4');
      const order = dataflow === 'os' ? unit.order : ({ kind: 'chunked', length: 2 } as const);
      const { types } = await synthesise(emitMesh(unit, order, { ...shape, dataflow }), 'mesh', false);
      expect(Object.keys(types).some((type) => /DFF/.test(type))).toBe(true);
      expect(Object.keys(types).filter((type) => /LATCH/.test(type))).toEqual([]);
    },
    120_000,
  );
});

it('every library file has the module of its name, and comments that say what it is', () => {
  const files = readdirSync(library).filter((name) => name.endsWith('.sv'));
  expect(files.length).toBeGreaterThan(25);
  for (const name of files) {
    const text = readFileSync(join(library, name), 'utf8');
    expect(text).toMatch(/^\/\/ \w/);
    expect(text).toContain(`module ${name.slice(0, -3)} #(`);
  }
});
