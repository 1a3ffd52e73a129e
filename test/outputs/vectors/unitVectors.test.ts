import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { datapathNamed } from '../../../src/datapaths/catalog.js';
import { manifestSchema } from '../../../src/outputs/vectors/manifest.js';
import { type VectorOptions, writeVectors } from '../../../src/outputs/vectors/unitVectors.js';
import { folderWith, lastbit } from '../../cli/command.js';
import { isInstalled, program } from '../../programs.js';

const OPTIONS: VectorOptions = { k: 1, count: 2000, seed: 1, format: 'readmemh', module: 'dut' };
const PROVENANCE = { generator: 'test', command: 'test' };

/** A unit that is right by the language's own arithmetic: what the vectors are tried on. */
function int8Unit(latency: number): string {
  const result = '$signed(a) * $signed(b) + $signed(c)';
  const body =
    latency === 0
      ? `assign result = ${result};`
      : `reg [31:0] sum; always @(posedge clk) sum <= ${result}; assign result = sum;`;
  return `module dut(input clk, input [7:0] a, input [7:0] b, input [31:0] c, output [31:0] result);\n  ${body}\nendmodule\n`;
}

const XNOR_UNIT = `module dut(input clk, input [63:0] a, input [63:0] b, input [15:0] c, output [15:0] result);
  wire [63:0] same = ~(a ^ b);
  integer i;
  reg [15:0] sum;
  always @* begin
    sum = c;
    for (i = 0; i < 64; i = i + 1) sum = same[i] ? sum + 16'd1 : sum - 16'd1;
  end
  assign result = sum;
endmodule
`;

/** What the bench prints, and whether the simulation's exit code says FAIL too; Icarus tells of $fatal in two lines more. */
function simulate(folder: string, latency: number, ...plus: string[]): string {
  const built = program(
    'iverilog',
    ['-g2012', '-s', 'tb', `-Ptb.LATENCY=${latency}`, '-o', 'tb.vvp', 'tb.sv', 'dut.sv'],
    { cwd: folder },
  );
  expect(built.stderr).toBe('');
  const { status, stdout } = program('vvp', ['-n', 'tb.vvp', ...plus], { cwd: folder });
  expect(status).toBe(stdout.startsWith('PASS') ? 0 : 1);
  return stdout.replace(/^FATAL: .*\n +Time: .*\n/m, '');
}

// Without a simulator these are skipped where it can be seen, and never in CI.
describe.skipIf(!isInstalled('iverilog'))('on Icarus Verilog', () => {
  it.each([0, 1])(
    'int8, exhaustive, %i clock edges late: passes, and fails when one bit is corrupted',
    async (latency) => {
      const folder = folderWith({ 'dut.sv': int8Unit(latency) });
      await writeVectors(datapathNamed('int8'), { ...OPTIONS, count: 'exhaustive' }, folder, PROVENANCE);
      expect(simulate(folder, latency)).toBe('PASS 131072 rows\n');
      expect(simulate(folder, latency, '+corrupt')).toBe(
        'FAIL address 65536: a=00 b=00 c=00000000 expected=00000001 got=00000000\nFAIL 1 of 131072 rows\n',
      );
    },
  );

  it('wide words: 64 lanes of binary', async () => {
    const folder = folderWith({ 'dut.sv': XNOR_UNIT });
    await writeVectors(datapathNamed('xnor'), { ...OPTIONS, k: 64 }, folder, PROVENANCE);
    expect(simulate(folder, 0)).toBe('PASS 2000 rows\n');
  });

  it('in binary digits', async () => {
    const folder = folderWith({ 'dut.sv': int8Unit(0) });
    await writeVectors(datapathNamed('int8'), { ...OPTIONS, format: 'readmemb' }, folder, PROVENANCE);
    expect(simulate(folder, 0)).toBe('PASS 2000 rows\n');
  });

  it('a unit that is wrong fails, and so does a file that is gone', async () => {
    const folder = folderWith({ 'dut.sv': int8Unit(0).replace('+ $signed(c)', '- $signed(c)') });
    await writeVectors(datapathNamed('int8'), OPTIONS, folder, PROVENANCE);
    expect(simulate(folder, 0)).toMatch(/FAIL address \d+: .*\nFAIL \d+ of 2000 rows\n$/);
    writeFileSync(join(folder, 'dut.sv'), int8Unit(0));
    rmSync(join(folder, 'c.memh'));
    expect(simulate(folder, 0)).toMatch(/^FAIL no file c.memh\n/);
  });
});

it('the manifest fits its schema, and its digests the files', async () => {
  const folder = folderWith();
  const written = await writeVectors(datapathNamed('fp8-fp16'), { ...OPTIONS, k: 4 }, folder, PROVENANCE);
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
  expect(manifest).toEqual(written);
  expect(manifest.files.map(({ name }) => name)).toEqual(['a.memh', 'b.memh', 'c.memh', 'expected.memh', 'tb.sv']);
  for (const { name, bytes, sha256 } of manifest.files) {
    const content = readFileSync(join(folder, name));
    expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
  }
  expect(readdirSync(folder)).toHaveLength(6);
});

it('the command in the manifest gives the same files', () => {
  const folder = folderWith();
  lastbit(folder, ['vectors', 'radix4-fp16', '--count', '3000', '--seed', '9', '--k', '70', '--out', 'x']);
  const first = JSON.parse(readFileSync(join(folder, 'x', 'manifest.json'), 'utf8'));
  const [, ...args] = (first.command as string).split(' ');
  lastbit(folder, [...args, '--out', 'y']);
  expect(JSON.parse(readFileSync(join(folder, 'y', 'manifest.json'), 'utf8'))).toEqual(first);
});

it('vectors in CSV are rows that eval and check read', () => {
  const folder = folderWith();
  lastbit(folder, ['vectors', 'fp8-fp16', '--count', '1500', '--k', '3', '--format', 'csv', '--out', '.']);
  const evaluated = lastbit(folder, ['eval', '--datapath', 'fp8-fp16', '--input', 'vectors.csv']);
  const rows = evaluated.stdout.trimEnd().split('\n').slice(1);
  expect(rows).toHaveLength(1500);
  for (const row of rows) {
    const [, , , expected, result] = row.split(',');
    expect(result, row).toBe(expected);
  }
});

it('tells how many rows are done after every 2048', async () => {
  const heard: [number, number][] = [];
  const options: VectorOptions = { ...OPTIONS, count: 4097, format: 'csv' };
  await writeVectors(datapathNamed('int4'), options, folderWith(), PROVENANCE, (...told) => heard.push(told));
  expect(heard).toEqual([
    [2048, 4097],
    [4096, 4097],
  ]);
});
