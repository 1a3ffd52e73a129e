import { spawnSync, type StdioOptions } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { answered } from './answered.js';
import { folderWith, lastbit, launcher } from './command.js';

const FILES = {
  'in.csv': 'id,code\n1,0x3f800000\n2,0x12345678\n',
  'wide.csv': 'code\n0x3c00\n0x13c00\n',
  'text.csv': 'code\n3c00\nabcg\n',
  'ops.csv': 'a,b,c\n00 01,02 03,0\n',
  'ragged.csv': 'a,b\n00 01,02\n',
  'utf16.csv': 'c\0o\0d\0e\0\n\0',
  'mac.csv': 'code\r3f800000\r',
  'long.csv': 'a,b\n1,2\n1,2,,3\n',
  'semicolon.csv': 'a;b\n1;2\n',
  'open.csv': 'code\n"3c00\n',
  'twice.csv': 'code,code\n1,2\n',
  'done.csv': 'code,result\n1,2\n',
  'empty.csv': '',
  'short.csv': 'result\n',
  'bad.yaml': 'a: e4m3fn\nb: e4m3fn\nsum: {format: fp16, rouding: rne}\n',
  'energy.yaml': 'networks: net.onnx\ndatapaths: int8\nenergy: horowitz\n',
  'broken.yaml': 'a: [1\n',
};

const to16 = ['--from', 'fp32', '--to', 'fp16', '--output', 'out.csv'];
const of16 = ['convert', '--from', 'fp16', '--to', 'fp32', '--output', 'out.csv', '--input'];

/** Command line, exit code, and the whole line on standard error. */
const CASES: readonly [string[], number, string][] = [
  [['convrt'], 2, 'there is no command "convrt"; did you mean "convert"?'],
  [['frobnicate'], 2, 'there is no command "frobnicate"; "lastbit --help" lists them'],
  [['--frm'], 2, 'there is no option --frm before a command; see "lastbit --help"'],
  [['convert', '--form', 'fp32'], 2, 'convert has no option --form; did you mean --from?'],
  [['convert', '--from', 'fp32'], 2, '--to, --input must be given; see "lastbit convert --help"'],
  [
    ['convert', 'in.csv', ...to16, '--input', 'in.csv'],
    2,
    'convert does not take "in.csv" there; see "lastbit convert --help"',
  ],
  [
    ['convert', '--from', 'fp32', '--to', 'e4m3f', '--input', 'in.csv', '--output', 'out.csv'],
    2,
    '--to: there is no format "e4m3f"; did you mean "e4m3fn"?',
  ],
  [
    ['convert', '--from', 'int65', '--to', 'fp32', '--input', 'in.csv', '--output', 'out.csv'],
    2,
    '--from: there is no format "int65": int<N> and uint<N> have 2 to 64 bits',
  ],
  [
    ['convert', ...to16, '--input', 'in.csv', '--rounding', 'rzt'],
    2,
    '--rounding: there is no rounding "rzt": it is one of rne, rna, rnz, rtz, rup, rdn, rto, stochastic:<bits> (1 to 31 bits); did you mean "rtz"?',
  ],
  [
    ['convert', ...to16, '--input', 'in.csv', '--overflow', 'sat'],
    2,
    '--overflow is one of ieee, infinity, saturate, saturate-propagate, nan, wrap, found "sat"; did you mean "saturate"?',
  ],
  [
    ['convert', ...to16, '--input', 'in.csv', '--overflow', 'wrap'],
    2,
    '--overflow wrap is for integers, and fp16 is none: use ieee, infinity, saturate, saturate-propagate or nan',
  ],
  [['convert', ...to16, '--input', 'in.csv', '--seed', 'x'], 2, '--seed must be a number, found "x"'],
  [['convert', ...to16, '--input', 'none.csv'], 2, 'cannot read none.csv: there is no such file or folder'],
  [['convert', ...to16, '--input', '.'], 2, 'cannot read .: it is a folder'],
  [['convert', ...to16, '--input', 'ops.csv'], 2, 'ops.csv has no column "code": it has a, b, c'],
  [['convert', ...to16, '--input', 'twice.csv'], 2, 'twice.csv has two columns "code": rename one of them'],
  [
    ['convert', ...to16, '--input', 'done.csv'],
    2,
    'done.csv has a column "result" already, which this command adds: rename it',
  ],
  [['convert', ...to16, '--input', 'empty.csv'], 2, 'empty.csv is empty: its first line should name the columns'],
  [[...of16, 'wide.csv'], 2, 'wide.csv:3: column "code": 0x13c00 is too wide; fp16 has 16 bits, 0x0 to 0xffff'],
  [[...of16, 'text.csv'], 2, 'text.csv:3: column "code": "abcg" is no code; write one in hex, such as 0x0001'],
  [[...of16, 'open.csv'], 2, 'open.csv:2: a quoted field is never closed'],
  [
    ['convert', '--from', 'fp32', '--to', 'fp16', '--input', 'in.csv', '--output', 'no/out.csv'],
    2,
    'cannot write no/out.csv: there is no folder no',
  ],
  [
    ['convert', '--from', 'fp32', '--to', 'fp16', '--input', 'in.csv', '--output', '/dev/full'],
    2,
    'cannot write /dev/full: the disk is full',
  ],
  [
    ['accumulate', '--datapath', 'int8', '--lengths', '4', '--out', 'new.csv', '--plot', './new.csv'],
    2,
    '--output and --plot name the same file: take another name for one',
  ],
  [
    ['rtl', 'int8', '--out', 'new', '--steps', '1e9'],
    2,
    '--steps must be a whole number of at most 1048576, found 1000000000',
  ],
  [['eval', '--input', 'ops.csv'], 2, 'eval needs either --op with --formats, or --datapath'],
  [
    ['eval', '--op', 'fma', '--formats', 'fp16,fp16', '--input', 'ops.csv'],
    2,
    "--op fma needs 4 --formats, 3 of operands and the result's; found 2",
  ],
  [
    ['eval', '--datapath', 'fp8-fp61', '--input', 'ops.csv'],
    2,
    'there is no datapath "fp8-fp61", and a file would end in .yaml or .json; did you mean "fp8-fp16"?',
  ],
  [
    ['eval', '--datapath', 'bad.yaml', '--input', 'ops.csv', '--output', 'out.csv'],
    2,
    'bad.yaml:3:21: sum: there is no field "rouding" here; did you mean "rounding"? the fields are format, rounding, overflow, subnormals, tininess, keptMantissaBits',
  ],
  [['eval', '--datapath', './', '--input', 'ops.csv'], 2, 'cannot read ./: it is a folder'],
  [['run', 'no.onnx', '--target', 'int8'], 2, 'cannot read no.onnx: there is no such file or folder'],
  [['run', '.', '--target', 'int8'], 2, 'cannot read .: it is a folder'],
  [['sweep', '.'], 2, 'cannot read .: it is a folder'],
  [['cycles', '.', '--rows', '4', '--cols', '4', '--dataflow', 'os'], 2, 'cannot read .: it is a folder'],
  [['check', '--manifest', '.'], 2, 'cannot read .: it is a folder'],
  [['vectors', '--tile', '--target', './', '--out', 'v'], 2, 'cannot read ./: it is a folder'],
  [['accumulate', '--datapath', 'int8', '--distribution', '.'], 2, 'cannot read .: it is a folder'],
  [
    ['accumulate', '--datapath', 'int8', '--distribution', 'cauchy'],
    2,
    '--distribution: there is no distribution or file "cauchy": it is uniform(mean,deviation), normal(mean,deviation), ones, or a CSV file with a column "value"',
  ],
  [
    ['eval', '--datapath', 'broken.yaml', '--input', 'ops.csv'],
    2,
    'broken.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  [
    ['eval', '--datapath', 'int8', '--input', 'ragged.csv', '--output', 'out.csv'],
    2,
    'ragged.csv:2: a has 2 codes and b 1; give as many',
  ],
  [
    ['eval', '--datapath', 'int8', '--input', 'long.csv', '--output', 'out.csv'],
    2,
    'long.csv:3: 4 fields, and the header has 2: quote a field with a comma',
  ],
  [
    ['eval', '--datapath', 'int8', '--input', 'semicolon.csv'],
    2,
    'semicolon.csv has the one column "a;b": columns are separated by commas, found ";"',
  ],
  [
    ['eval', '--datapath', 'int8', '--rounding', 'rtz', '--input', 'ops.csv'],
    2,
    '--rounding goes with --op: a datapath has its own; leave it out, or edit a datapath file',
  ],
  [
    ['eval', '--datapath', 'int8', '--seed', '1', '--input', 'ops.csv'],
    2,
    '--seed goes with --op: a datapath has its own; leave it out, or edit a datapath file',
  ],
  [
    ['check', '--datapath', 'int8', '--input', 'ops.csv', '--dut', 'short.csv'],
    2,
    'short.csv ends after 0 rows, and ops.csv goes on: they are matched by row',
  ],
  [['convert', ...to16, '--input', 'utf16.csv'], 2, 'utf16.csv is not text in UTF-8: save it as "CSV UTF-8"'],
  [
    ['convert', ...to16, '--input', 'mac.csv'],
    2,
    'mac.csv ends its lines with a lone carriage return: save it with line feeds',
  ],
  [['accumulate', '--datapath', '--lengths', '4'], 2, '--datapath needs a name or a file, or several'],
  [
    ['rtl', 'volta-fp16-fp32', '--out', 'r', '--steps', '3'],
    2,
    '--steps is for an array, and volta-fp16-fp32 is a datapath: leave it out',
  ],
  [['rtl', 'int8', '--out', 'r', '--image', '3'], 2, '--image goes with --network and --layer: leave it out'],
  [['models', '--out', 'in.csv'], 2, 'cannot write in.csv: a file of that name is in the way'],
  [
    ['demo', '--models', 'none', '--images', '1'],
    2,
    'cannot read none/digits-int8.onnx: there is no such file or folder',
  ],
  [['show', 'e4m3f'], 2, 'there is nothing named "e4m3f"; did you mean "e4m3fn"?'],
  [['show'], 2, 'show <name> needs <name>; see "lastbit show --help"'],
  [['vectors', 'int8', '--count', '0', '--out', 'v'], 2, '--count must be a whole number of at least 1, found 0'],
  [['vectors', 'int8', '--count', '5', '--exhaustive'], 2, 'give either --count or --exhaustive'],
  [
    ['vectors', 'int8', '--count', '1e15', '--out', 'v'],
    2,
    '--count must be a whole number of at most 268435456, found 1000000000000000',
  ],
  [
    ['vectors', 'int8', '--k', '1e9', '--out', 'v'],
    2,
    '--k must be a whole number of at most 1048576, found 1000000000',
  ],
  [['vectors', 'int8', '--pack', '4', '--out', 'v'], 2, '--pack goes with --network: leave it out'],
  [
    ['vectors', '--network', 'net.onnx', '--seed', '4', '--out', 'v'],
    2,
    '--seed is for drawn operands: leave it out, or --network',
  ],
  [
    ['sweep', 'energy.yaml'],
    2,
    'energy.yaml:3:9: energy: must be one of horowitz-45nm, horowitz-45nm-ihp130, jouppi-7nm, gates:asap7, gates:sg13g2, gates:FILE.lib, found "horowitz"; did you mean "horowitz-45nm"?',
  ],
  [
    ['vectors', 'xnor', '--exhaustive', '--out', 'v'],
    2,
    'exhaustive vectors have at most 2^24 operand rows, and a and b of 64 lanes have 2^128: give a smaller --k, or --count',
  ],
];

it.each(CASES)('lastbit %j', (args, status, line) => {
  const folder = folderWith(FILES);
  const result = answered(folder, args);
  expect(result.stderr).toBe(`lastbit: ${line}\n`);
  expect(result.status).toBe(status);
  expect(result.stdout).toBe('');
  expect(readdirSync(folder).sort()).toEqual(Object.keys(FILES).sort());
});

it('the command itself says the same line with the same exit code', () => {
  const folder = folderWith(FILES);
  for (const [args, status, line] of [CASES[0], CASES[8], CASES.at(-1) as (typeof CASES)[number]])
    expect(lastbit(folder, args)).toEqual({ status, stdout: '', stderr: `lastbit: ${line}\n` });
});

it('every command has help with examples', () => {
  const folder = folderWith();
  const { stdout, status } = answered(folder, ['--help']);
  expect(status).toBe(0);
  const names = [...stdout.matchAll(/^ {2}lastbit (\w+)/gm)].map((match) => match[1]);
  expect(names.length).toBeGreaterThan(6);
  for (const name of names) {
    const help = answered(folder, [name, '--help']);
    expect(help.status, name).toBe(0);
    expect(help.stdout, name).toContain(`Examples:\n  lastbit ${name}`);
  }
});

const full = () => {
  const descriptor = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(descriptor));
  return descriptor;
};
const onto = (stdio: StdioOptions, ...args: string[]) =>
  spawnSync(process.execPath, [launcher, ...args], { stdio, encoding: 'utf8', timeout: 60_000 });

it.each([['list', 'formats'], ['accumulate', '--datapath', 'int8', '--lengths', '4'], ['--help']])(
  'a full disk under standard output is named: lastbit %s',
  (...args) => {
    const { status, stderr } = onto(['ignore', full(), 'pipe'], ...args);
    expect([status, stderr]).toEqual([2, 'lastbit: cannot write standard output: the disk is full\n']);
  },
);

it('an error that cannot be said ends with its exit code all the same', () => {
  expect(onto(['ignore', 'pipe', full()], 'list', 'nope').status).toBe(2);
  expect(onto(['ignore', 'pipe', full()], 'run', 'no.onnx', '--target', 'int8').status).toBe(2);
});
