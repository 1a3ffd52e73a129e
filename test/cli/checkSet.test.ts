import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { writeVectors } from '../../src/outputs/vectors/unitVectors.js';
import { answered } from './answered.js';
import { folderWith, lastbit, linesOf } from './command.js';

/** int8 products, 0 to 255 with 1 row each, as they were written. */
async function golden(format: 'readmemh' | 'json' | 'mif-intel' = 'readmemh'): Promise<string> {
  const folder = folderWith();
  const options = { k: 1, count: 40, seed: 1, format, module: 'dut' } as const;
  await writeVectors(datapathNamed('fp8-fp16'), options, folder, { generator: 'test', command: 'test' });
  return folder;
}

const linesIn = (folder: string) => readFileSync(join(folder, 'expected.memh'), 'utf8').trimEnd().split('\n').slice(1);

function check(folder: string, lines: readonly string[], ...more: string[]) {
  writeFileSync(join(folder, 'dut.memh'), `${lines.join('\n')}\n`);
  return answered(folder, ['check', '--manifest', 'manifest.json', '--dut', 'dut.memh', ...more]);
}

it('names address, expected and got of what differs, and every kind of difference', async () => {
  const folder = await golden();
  const lines = linesIn(folder);
  expect(check(folder, lines)).toEqual({ status: 0, stdout: 'PASS: 0 of 40 codes differ\n', stderr: '' });
  const at = lines.findIndex((line) => /^[3-5]/.test(line));
  const wrong = [...lines];
  wrong[at] = (Number.parseInt(lines[at], 16) + 1).toString(16);
  wrong[at + 2] = 'xx00';
  const result = check(folder, wrong.slice(0, 39));
  expect([result.status, result.stderr]).toEqual([1, '']);
  expect(result.stdout).toContain('address  expected  value');
  expect(result.stdout).toMatch(new RegExp(`^ +${at}  0x${lines[at]} +\\S+ +0x${wrong[at]} +\\S+ +1 +1 ulp$`, 'm'));
  expect(result.stdout).toMatch(/^1 x 1 ulp\n1 x unknown \(x or z\)\n1 x missing\nFAIL: 3 of 40 codes differ$/m);
  const json = JSON.parse(check(folder, wrong, '--json', '--first', '1').stdout);
  expect(json).toMatchObject({
    verdict: 'FAIL',
    codes: 40,
    differences: 2,
    first: [{ address: at, lane: 0, ulp: 1 }],
  });
});

it('another code of NaN passes where that is allowed', async () => {
  const folder = await golden();
  const lines = linesIn(folder).map((line) => (line === '7e00' ? '7e01' : line));
  expect(lines).toContain('7e01');
  expect(check(folder, lines).stdout).toMatch(/x other code of NaN\nFAIL/);
  expect(check(folder, lines, '--any-nan').status).toBe(0);
});

it('dumps of another kind, with addresses of their own', async () => {
  const folder = await golden();
  const lines = linesIn(folder);
  writeFileSync(join(folder, 'dut.csv'), `result\n${lines.map((line) => `0x${line}`).join('\n')}\n`);
  const args = ['check', '--manifest', 'manifest.json', '--dut'];
  expect(answered(folder, [...args, 'dut.csv']).stdout).toBe('PASS: 0 of 40 codes differ\n');
  const input = `@0 ${lines.slice(0, 20).join(' ')}\n@14 ${lines.slice(20).join(' ')}`;
  expect(lastbit(folder, [...args, '-', '--format', 'readmemh'], input).stdout).toBe('PASS: 0 of 40 codes differ\n');
});

it('addresses in any order, the later word of an address counting; what is between stays missing', async () => {
  const folder = await golden();
  const lines = linesIn(folder);
  const back = [
    '/* made by http://tool.example/x */',
    '@14',
    ...lines.slice(20),
    '@0 dead',
    '@0',
    ...lines.slice(0, 20),
  ];
  expect(check(folder, back).stdout).toBe('PASS: 0 of 40 codes differ\n');
  const args = ['check', '--manifest', 'manifest.json', '--dut', '-', '--format', 'readmemh'];
  expect(lastbit(folder, args, back.join('\n')).stdout).toBe('PASS: 0 of 40 codes differ\n');
  const late = check(folder, [...back, '@1', ...lines.slice(0, 1)]);
  expect(late.stdout).toMatch(/FAIL: 1 of 40 codes differ\n$/);
  const gap = check(folder, ['@1', ...lines.slice(1), '@2', lines[2]]);
  expect([gap.status, gap.stdout.split('\n').at(-2)]).toEqual([1, 'FAIL: 1 of 40 codes differ']);
  expect(gap.stdout).toContain('1 x missing');
});

it('words behind the closing semicolon of a .coe file are comments', async () => {
  const folder = await golden();
  const lines = linesIn(folder);
  const coe = `memory_initialization_radix=16;\nmemory_initialization_vector=\n${lines.slice(0, 39).join(',\n')}\n; ${lines[39]}\n`;
  writeFileSync(join(folder, 'dut.coe'), coe);
  const { status, stdout } = answered(folder, ['check', '--manifest', 'manifest.json', '--dut', 'dut.coe']);
  expect([status, stdout.split('\n').at(-2)]).toEqual([1, 'FAIL: 1 of 40 codes differ']);
});

it('exit codes: 0 for PASS, 1 for FAIL, 2 for what keeps a check from its work', async () => {
  const folder = await golden();
  const lines = linesIn(folder);
  const status = (dut: string, manifest = 'manifest.json') =>
    answered(folder, ['check', '--manifest', manifest, '--dut', dut]).status;
  expect(check(folder, lines).status).toBe(0);
  expect(check(folder, lines.slice(1)).status).toBe(1);
  expect(check(folder, [...lines, '0000']).status).toBe(2);
  expect(check(folder, ['// nothing']).status).toBe(2);
  expect(status('gone.memh')).toBe(2);
  writeFileSync(join(folder, 'none.csv'), 'a,b\n1,2\n');
  expect(status('none.csv')).toBe(2);
  expect(status('dut.memh', 'none.csv')).toBe(2);
  writeFileSync(join(folder, 'ops.csv'), '"a","b"\n"0x38","38"\n');
  writeFileSync(join(folder, 'dut.csv'), 'a,b,"result"\n38,0x38,"3c00"\n');
  const rows = (dut: string) =>
    answered(folder, ['check', '--datapath', 'fp8-fp16', '--input', 'ops.csv', '--dut', dut]).status;
  expect(rows('dut.csv')).toBe(0);
  expect(rows('none.csv')).toBe(2);
  writeFileSync(join(folder, 'dut.csv'), 'result\ninf\n');
  expect(rows('dut.csv')).toBe(2);
});

it('refuses what cannot be compared, in one line', async () => {
  const folder = await golden();
  const lines = linesIn(folder);
  const complaint = (dump: readonly string[], ...more: string[]) => check(folder, dump, ...more).stderr;
  expect(complaint([...lines, '0000'])).toBe('lastbit: dut.memh:41: address 40; 40 words are expected\n');
  expect(complaint(lines, '--port', 'expectd')).toBe(
    'lastbit: there is no output expectd: there are expected; did you mean "expected"?\n',
  );
  expect(complaint(lines, '--input', 'x')).toBe(
    'lastbit: --manifest says what is expected: leave out --datapath and --input\n',
  );
  writeFileSync(join(folder, 'expected.memh'), '0000\n');
  expect(complaint(lines)).toBe(
    'lastbit: expected.memh is not the file that manifest.json describes: write the vectors anew\n',
  );
});

it('without a dump, the files are held against their digests', async () => {
  const folder = await golden('json');
  const args = ['check', '--manifest', 'manifest.json'];
  expect(answered(folder, args).stdout).toBe('PASS: 0 of 4 files differ\n');
  writeFileSync(join(folder, 'a.json'), '[]\n');
  const changed = answered(folder, args);
  expect([changed.status, changed.stdout]).toEqual([
    1,
    'a.json is not the file that the manifest describes\nFAIL: 1 of 4 files differ\n',
  ]);
});

it.each([
  ['{"kind": "unit"}', 'manifest.json:1:1: generator: is missing; must be a string'],
  ['{"kind": }', 'manifest.json:1:10: kind: must be one of unit, tile, layer, network, found null'],
  ['{"kind": "units"}', 'manifest.json:1:10: kind: must be one of unit, tile, layer, network, found "units"'],
  ['{\n"kind": "unit",, "generator": 1}', 'manifest.json:2:16: '],
  ['{"kind": "unit"', 'manifest.json:1:16: '],
  ['', 'manifest.json is empty: '],
])('of the manifest %j, it says where it is wrong and what would do', async (text, words) => {
  const folder = await golden('json');
  writeFileSync(join(folder, 'manifest.json'), text);
  const { status, stderr } = answered(folder, ['check', '--manifest', 'manifest.json']);
  expect([status, stderr.slice(0, words.length + 9)]).toEqual([2, `lastbit: ${words}`]);
  expect(stderr).not.toMatch(/JSON|Invalid|undefined/);
});

it('an address that float64 does not hold is beyond the words like any other', async () => {
  const folder = await golden('mif-intel');
  const text = linesOf(folder, 'expected.mif').join('\n').replace(/^3 : /m, '9007199254740992 : ');
  writeFileSync(join(folder, 'dut.mif'), text);
  const args = [
    'check',
    '--manifest',
    'manifest.json',
    '--dut',
    'dut.mif',
    '--port',
    'expected',
    '--format',
    'mif-intel',
  ];
  const { status, stderr } = answered(folder, args);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^lastbit: dut\.mif:\d+: address 9007199254740992; DEPTH is 40\n$/);
});
