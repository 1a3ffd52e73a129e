import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { answered } from './answered.js';
import { folderWith, launcher, lastbit, linesOf } from './command.js';

function convert(options: string, rows: string): string[] {
  const folder = folderWith({ 'in.csv': rows });
  const result = answered(folder, ['convert', ...options.split(' '), '--input', 'in.csv', '--output', 'out.csv']);
  expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
  return linesOf(folder, 'out.csv');
}

/** By hand from the OCP 8-bit specification: 448 is 0x7e, all ones is NaN, 464 is half way to the next power. */
it('fp32 to e4m3fn, with flags', () => {
  const rows =
    'code\n3f800000\n80000000\n0x43e00000\n43e80000\n43e80001\n7f800000\nffc00000\n3a800000\n3a800001\n3b000000\n';
  expect(convert('--from fp32 --to e4m3fn', rows)).toEqual([
    'code,result,flags',
    '3f800000,0x38,',
    '80000000,0x80,',
    '0x43e00000,0x7e,',
    '43e80000,0x7e,inexact',
    '43e80001,0x7f,inexact overflow',
    '7f800000,0x7f,invalid',
    'ffc00000,0xff,',
    '3a800000,0x00,inexact underflow',
    '3a800001,0x01,inexact underflow',
    '3b000000,0x01,',
  ]);
});

/** The table of ONNX Cast-25 and IEEE P3109's two saturating modes; an infinity is no overflow, so rounding has no say. */
it('infinities by every policy', () => {
  const infinities = 'code\n7f800000\nff800000\n';
  const of = (options: string) =>
    convert(`--from fp32 ${options}`, infinities)
      .slice(1)
      .map((line) => line.slice(9));
  expect(of('--to e5m2')).toEqual(['0x7c,', '0xfc,']);
  expect(of('--to e5m2 --overflow saturate')).toEqual(['0x7b,invalid', '0xfb,invalid']);
  expect(of('--to e5m2 --overflow saturate-propagate')).toEqual(['0x7c,', '0xfc,']);
  expect(of('--to e4m3fn --rounding rtz')).toEqual(['0x7f,invalid', '0xff,invalid']);
  expect(of('--to e4m3fn --overflow saturate')).toEqual(['0x7e,invalid', '0xfe,invalid']);
  expect(of('--to e4m3fnuz --rounding rtz --overflow infinity')).toEqual(['0x80,invalid', '0x80,invalid']);
  expect(of('--to int8 --overflow saturate-propagate')).toEqual(['0x7f,invalid', '0x80,invalid']);
});

it('e8m0 asks no rounding for zero and negative values', () => {
  const rows = 'code\n00000000\nbf800000\n00000001\n40400000\n';
  for (const rounding of ['rne', 'rtz', 'rup'])
    expect(convert(`--from fp32 --to e8m0fnu --rounding ${rounding}`, rows).slice(1, 4)).toEqual([
      '00000000,0xff,invalid',
      'bf800000,0xff,invalid',
      '00000001,0x00,inexact underflow',
    ]);
  expect(convert('--from fp32 --to e8m0fnu --overflow saturate', rows).slice(1)).toEqual([
    '00000000,0x00,inexact underflow',
    'bf800000,0x00,inexact underflow',
    '00000001,0x00,inexact underflow',
    '40400000,0x80,inexact',
  ]);
  // A tie, which ml_dtypes and ONNX take up.
  expect(convert('--from fp32 --to e8m0fnu --rounding rna', rows)[4]).toBe('40400000,0x81,inexact');
});

it('help says which way ties of e8m0fnu go', () => {
  expect(answered(folderWith(), ['convert', '--help']).stdout.replace(/\s+/g, ' ')).toContain(
    'ties of e8m0fnu go to even, in ml_dtypes and ONNX up, as rna does',
  );
});

/** fp16 codes as numpy 1.24 gives them for these float32 codes. */
it('fp32 to fp16 as numpy', () => {
  const pairs = ['477fefff,7bff', '477ff000,7c00', '33000000,0000', '33000001,0001', '387fe000,0400', 'c0490fdb,c248'];
  const lines = convert('--from fp32 --to fp16', `code,numpy\n${pairs.join('\n')}\n`);
  for (const line of lines.slice(1)) {
    const [, numpy, result] = line.split(',');
    expect(result, line).toBe(`0x${numpy}`);
  }
  expect(lines.length).toBe(pairs.length + 1);
});

it('overflow, subnormals and tininess are as asked', () => {
  const largest = 'code\n7f7fffff\n';
  expect(convert('--from fp32 --to fp16 --rounding rtz --overflow ieee', largest)[1]).toBe(
    '7f7fffff,0x7bff,inexact overflow',
  );
  expect(convert('--from fp32 --to fp16 --rounding rtz --overflow infinity', largest)[1]).toBe(
    '7f7fffff,0x7c00,inexact overflow',
  );
  expect(convert('--from fp32 --to fp16 --overflow nan', largest)[1]).toBe('7f7fffff,0x7e00,inexact overflow');
  expect(convert('--from fp32 --to fp16 --subnormals flush', 'code\n33800000\nb3800000\n').slice(1)).toEqual([
    '33800000,0x0000,inexact underflow',
    'b3800000,0x8000,inexact underflow',
  ]);
  // Just below fp16's smallest normal 2^-14: tiny before rounding, not after.
  expect(convert('--from fp32 --to fp16', 'code\n387fffff\n')[1]).toBe('387fffff,0x0400,inexact');
  expect(convert('--from fp32 --to fp16 --tininess before', 'code\n387fffff\n')[1]).toBe(
    '387fffff,0x0400,inexact underflow',
  );
});

it("integers: two's complement, wrap and saturate; a float out of range is invalid", () => {
  expect(convert('--from int16 --to int8', 'code\nff80\nff7f\n').slice(1)).toEqual([
    'ff80,0x80,',
    'ff7f,0x7f,inexact overflow',
  ]);
  expect(convert('--from int16 --to int8 --overflow saturate', 'code\nff7f\n')[1]).toBe('ff7f,0x80,inexact overflow');
  expect(convert('--from fp32 --to int8 --overflow saturate', 'code\n43800000\n')[1]).toBe('43800000,0x7f,invalid');
  expect(convert('--from uint64 --to fp64', 'code\nffffffffffffffff\n')[1]).toBe(
    'ffffffffffffffff,0x43f0000000000000,inexact',
  );
});

it('a record is a format too', () => {
  const lines = convertRecord();
  expect(lines.slice(1)).toEqual(['3f800000,0x18,', '3fc00000,0x1c,']);
});

function convertRecord(): string[] {
  const folder = folderWith({ 'in.csv': 'code\n3f800000\n3fc00000\n' });
  const record = '{exponentBits: 3, mantissaBits: 3}';
  answered(folder, ['convert', '--from', 'fp32', '--to', record, '--input', 'in.csv', '--output', 'out.csv']);
  return linesOf(folder, 'out.csv');
}

it('other columns, quotes, order, Windows line ends and a byte-order mark', () => {
  const rows = '\ufeffid,code,note\r\n2,3c00,"a, ""b"""\r\n1,0x0001,\r\n3,"3c00","two\nlines"\r\n';
  expect(convert('--from fp16 --to fp32', rows).join('\n')).toBe(
    'id,code,note,result,flags\n2,3c00,"a, ""b""",0x3f800000,\n1,0x0001,,0x33800000,\n3,"3c00","two\nlines",0x3f800000,',
  );
});

it('stochastic rounding is reproduced by its seed', () => {
  const rows = `code\n${'3f801234\n'.repeat(200)}`;
  const first = convert('--from fp32 --to bf16 --rounding stochastic:8 --seed 5', rows);
  expect(convert('--from fp32 --to bf16 --rounding stochastic:8 --seed 5', rows)).toEqual(first);
  expect(convert('--from fp32 --to bf16 --rounding stochastic:8 --seed 6', rows)).not.toEqual(first);
  // 0x1234 / 0x10000 is 18/256, cut to 8 bits: about 14 of 200 round up.
  const up = first.filter((line) => line.includes('0x3f81')).length;
  expect(up).toBeGreaterThan(3);
  expect(up).toBeLessThan(40);
});

it.each(['--output', '--out'])('standard input and %s', (option) => {
  const result = lastbit(
    folderWith(),
    ['convert', '--from', 'fp16', '--to', 'fp32', '--input', '-', option, '-'],
    'code\n3c00\n',
  );
  expect(result).toEqual({ status: 0, stdout: 'code,result,flags\n3c00,0x3f800000,\n', stderr: '' });
});

it('a signal leaves nothing behind', async () => {
  const folder = folderWith();
  const child = spawn(
    process.execPath,
    [launcher, 'convert', '--from', 'fp16', '--to', 'fp32', '--input', '-', '--output', 'out.csv'],
    { cwd: folder, timeout: 60_000, killSignal: 'SIGKILL' },
  );
  const ended = once(child, 'exit');
  child.stdin.write(`code\n${'3c00\n'.repeat(1000)}`);
  while (readdirSync(folder).length === 0 && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  const [code] = (await ended) as [number];
  expect(code).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
});
