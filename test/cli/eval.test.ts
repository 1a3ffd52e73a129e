import { expect, it } from 'vitest';
import { answered } from './answered.js';
import { folderWith, lastbit, linesOf } from './command.js';

/** The datapath file of the documentation: Hopper's fp8 wgmma. */
const UNIT = `name: my-unit
a: e4m3fn
b: e4m3fn
product: exact
lanes: 32
combine: {kind: aligned, fractionBits: 13, truncate: rtz, productExponent: unnormalised, sumInside: true}
sum: {format: fp32, keptMantissaBits: 13, rounding: rtz, overflow: infinity, subnormals: keep}
order: {kind: sequential}
`;

function evaluate(args: string, files: Record<string, string>): string[] {
  const folder = folderWith(files);
  const result = answered(folder, ['eval', ...args.split(' '), '--input', 'in.csv', '--output', 'out.csv']);
  expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
  return linesOf(folder, 'out.csv').slice(1);
}

/** By hand: 1 + 2^-11 is a tie of fp16 that goes to the even 1; 65504 + 16 is a tie that goes to infinity. */
it('scalar operations, mixed formats and flags', () => {
  const add = (rows: string, more = '') =>
    evaluate(`--op add --formats fp16,fp16,fp16${more}`, { 'in.csv': `a,b\n${rows}\n` });
  expect(add('3c00,1000')).toEqual(['3c00,1000,0x3c00,inexact']);
  expect(add('3c00,1000', ' --rounding rup')).toEqual(['3c00,1000,0x3c01,inexact']);
  expect(add('7bff,4c00')).toEqual(['7bff,4c00,0x7c00,inexact overflow']);
  expect(add('7bff,4c00', ' --rounding rtz')).toEqual(['7bff,4c00,0x7bff,inexact']);
  expect(add('7c00,fc00')).toEqual(['7c00,fc00,0x7e00,invalid']);
  expect(add('3c00,bc00')).toEqual(['3c00,bc00,0x0000,']);
  expect(add('3c00,bc00', ' --rounding rdn')).toEqual(['3c00,bc00,0x8000,']);
  expect(evaluate('--op fma --formats e4m3fn,e4m3fn,fp32,fp16', { 'in.csv': 'id,b,a,c\nx,38,40,3f000000\n' })).toEqual([
    'x,38,40,3f000000,0x4100,',
  ]);
  expect(evaluate('--op mul --formats int8,int8,int16', { 'in.csv': 'a,b\n80,80\n80,7f\n' })).toEqual([
    '80,80,0x4000,',
    '80,7f,0xc080,',
  ]);
});

it('infinite operands and sums, by both saturating policies', () => {
  const sum = (overflow: string) =>
    evaluate(`--op add --formats fp16,fp16,e5m2 --overflow ${overflow}`, { 'in.csv': 'a,b\n7c00,3c00\nfc00,0\n' });
  expect(sum('saturate')).toEqual(['7c00,3c00,0x7b,invalid', 'fc00,0,0xfb,invalid']);
  expect(sum('saturate-propagate')).toEqual(['7c00,3c00,0x7c,', 'fc00,0,0xfc,']);
  // 0x7c is infinite in e5m2, 57344 the largest; 57344 * 57344 overflows fp16.
  const unit = (overflow: string) =>
    evaluate('--datapath unit.yaml', {
      'unit.yaml': `a: e5m2\nb: e5m2\nsum: {format: fp16, overflow: ${overflow}}\n`,
      'in.csv': 'a,b\n7c,3c\n7b,fb\n',
    }).map((line) => line.split(',').filter((_cell, i) => [2, 5, 7].includes(i)));
  expect(unit('saturate')).toEqual([
    ['0x7bff', 'invalid', '0'],
    ['0xfbff', 'inexact overflow', '1'],
  ]);
  expect(unit('saturate-propagate')).toEqual([
    ['0x7c00', '', '0'],
    ['0xfbff', 'inexact overflow', '1'],
  ]);
});

it('dot products of a datapath: exact, ulp, flags, swamped, overflowed', () => {
  // 2048 + 1 ties to 2048 in fp16 (ulp 2): half an ulp too little, and the 1 was swamped.
  expect(evaluate('--datapath fp8-fp16', { 'in.csv': 'a,b,c\n38,38,6800\n7e 7e,7e 7e,\n7f,38,0\n' })).toEqual([
    '38,38,6800,0x6800,2049,-0.5,inexact,1,0',
    '7e 7e,7e 7e,,0x7c00,401408,,inexact overflow,0,1',
    '7f,38,0,0x7e00,,,,0,0',
  ]);
});

it('a datapath file: the aligned unit cuts at 13 fraction bits below the largest product', () => {
  // 448 * 448 has exponents 8 + 8: the quantum is 2^3, so 1.75 * 2^2 = 7 is lost whole; 15 gives 8, which the 13 kept bits lose.
  const rows = 'a,b\n7e 46,7e 40\n7e 47 ,7e 48\n';
  expect(
    evaluate('--datapath unit.yaml', { 'unit.yaml': UNIT, 'in.csv': rows }).map((line) => line.split(',').slice(2)),
  ).toEqual([
    ['0x48440000', '200711', '-448', 'inexact', '1', '0'],
    ['0x48440000', '200719', '-960', 'inexact', '0', '0'],
  ]);
});

it('check passes what eval gave, and tells what differs by kind', () => {
  const ops = 'a,b,c\n38,38,0\n38,40,3f800000\nb8 38,38 38,0\n7f,38,0\n7e,7e,0\n';
  const folder = folderWith({
    'ops.csv': ops,
    'dut.csv': 'result\n3f800000\n40400001\n80000000\n7f800000\n0x48440010\n',
  });
  answered(folder, ['eval', '--datapath', 'fp8-fp32', '--input', 'ops.csv', '--output', 'good.csv']);
  const check = (dut: string, ...more: string[]) =>
    answered(folder, ['check', '--datapath', 'fp8-fp32', '--input', 'ops.csv', '--dut', dut, ...more]);
  expect(check('good.csv')).toEqual({ status: 0, stdout: 'PASS: 0 of 5 rows differ\n', stderr: '' });
  const bad = check('dut.csv');
  expect(bad.status).toBe(1);
  expect(bad.stderr).toBe('');
  expect(bad.stdout).toContain(
    '1 x sign of zero\n1 x 1 ulp\n1 x more than 1 ulp\n1 x NaN against number\nFAIL: 4 of 5 rows differ\n',
  );
  const json = JSON.parse(check('dut.csv', '--json', '--first', '1').stdout);
  expect(json.first).toEqual([
    {
      kind: '1 ulp',
      expected: 3,
      got: 3.000000238418579,
      ulp: 1,
      row: 2,
      operands: 'a=38 b=40 c=3f800000',
      expectedCode: '0x40400000',
      gotCode: '0x40400001',
    },
  ]);
});

it('check refuses a dump of other operands, and reports words that are not known', () => {
  const folder = folderWith({
    'ops.csv': 'a,b\n38,0x38\n',
    'swapped.csv': 'a,b,result\n38,39,3f800000\n',
    'same.csv': 'a,b,result\n0x38,38,3f800000\n',
    'unknown.csv': 'result\nxxxxzzzz\n',
  });
  const check = (dut: string) =>
    answered(folder, ['check', '--datapath', 'fp8-fp32', '--input', 'ops.csv', '--dut', dut]);
  expect(check('same.csv').status).toBe(0);
  expect(check('swapped.csv').stderr).toBe(
    'lastbit: swapped.csv:2: column "b" differs from ops.csv:2; the rows must be of the same operands, in the same order\n',
  );
  expect(check('unknown.csv').stdout).toContain('1 x unknown (x or z)\nFAIL: 1 of 1 rows differ\n');
});

/** Spreadsheets leave out empty fields at a row's end, or add empty ones. */
it('rows shorter than the header are filled up, and surplus empty fields dropped, so that columns stay aligned', () => {
  expect(evaluate('--datapath fp8-fp16', { 'in.csv': 'a,b,c\n38,38\n38,38,,,\n38,"38",, ,""\n' })).toEqual([
    '38,38,,0x3c00,1,0,,0,0',
    '38,38,,0x3c00,1,0,,0,0',
    '38,"38",,0x3c00,1,0,,0,0',
  ]);
  expect(evaluate('--op add --formats fp16,fp16,fp16', { 'in.csv': 'a,b,note\n3c00,3c00\n3c00,bc00,x\n' })).toEqual([
    '3c00,3c00,,0x4000,',
    '3c00,bc00,x,0x0000,',
  ]);
});

it('a table without rows gives its header, and a remark', () => {
  const folder = folderWith({ 'ops.csv': 'a,b\n' });
  expect(answered(folder, ['eval', '--datapath', 'int8', '--input', 'ops.csv'])).toEqual({
    status: 0,
    stdout: 'a,b,result,exact,error_ulp,flags,swamped,overflowed\n',
    stderr: 'lastbit: ops.csv has no rows\n',
  });
});

it('standard input is named in words', () => {
  const input = (text: string) => lastbit(folderWith(), ['eval', '--datapath', 'int8', '--input', '-'], text).stderr;
  expect(input('')).toBe('lastbit: standard input is empty: its first line should name the columns\n');
  expect(input('a,b\n1,2\n1,x\n')).toBe(
    'lastbit: standard input:3: column "b": "x" is no code; write one in hex, such as 0x01\n',
  );
});
