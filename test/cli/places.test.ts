import { linkSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nameOf } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { answered } from './answered.js';
import { folderWith } from './command.js';
import { contentsOf } from './killed.js';

/**
 * Options that speak of files and name none: kinds of files, ports; the demo's networks, beside which it writes CSV; and what
 * `init` writes, a file or a folder, which refuses whatever is there.
 */
const NO_PLACES: readonly string[] = [
  'check --format',
  'check --port',
  'demo --models',
  'init --file',
  'schema --file',
  'vectors --format',
];

it('every option that names a file or a folder is declared as one that is read or written', async () => {
  const commands = await Promise.all(COMMANDS.map((entry) => entry.load()));
  expect(commands.length).toBeGreaterThan(15);
  for (const entry of commands) {
    const declared = [...(entry.reads ?? []), ...Object.keys(entry.writes ?? {})];
    const places = Object.entries(entry.options)
      .filter(([, { type, describe = '' }]) => type === 'string' && /\b(files?|folder)\b/i.test(describe))
      .map(([option]) => option);
    const missing = places
      .filter((option) => !declared.includes(option))
      .map((option) => `${nameOf(entry)} --${option}`);
    expect(missing.filter((option) => !NO_PLACES.includes(option))).toEqual([]);
    expect(declared.filter((option) => !(option in entry.options))).toEqual([]);
  }
});

it('no command writes over what it reads', () => {
  const folder = folderWith({
    'codes.csv': 'code\n0x3c00\n',
    'operands.csv': 'a,b\n00 01,02 03\n',
    'net.csv': 'Layer, M, N, K,\ng, 8, 100, 3,\n',
    'values.csv': 'value\n1\n2\n',
  });
  const model = join(import.meta.dirname, '..', '..', 'models', 'digits-fp32.onnx');
  linkSync(join(folder, 'codes.csv'), join(folder, 'hard.csv'));
  symlinkSync('codes.csv', join(folder, 'soft.csv'));
  const before = contentsOf(folder);
  const convert = ['convert', '--from', 'fp16', '--to', 'fp32', '--input', 'codes.csv', '--output'];
  const cases = [
    ...['codes.csv', './codes.csv', 'hard.csv', 'soft.csv', join(folder, 'codes.csv')].map((name) => [
      ...convert,
      name,
    ]),
    ['eval', '--datapath', 'int8', '--input', 'operands.csv', '--output', 'operands.csv'],
    ['cycles', 'net.csv', '--rows', '4', '--cols', '4', '--dataflow', 'os', '--out', 'net.csv'],
    ['accumulate', '--datapath', 'int8', '--distribution', 'values.csv', '--out', './values.csv'],
    ['accumulate', '--datapath', 'int8', '--distribution', 'values.csv', '--plot', 'values.csv'],
    ['quantize', model, '--recipe', 'int8', '--out', model],
    ['trace', model, '--layer', 'conv1', '--out', model],
  ];
  for (const args of cases) {
    const { status, stdout, stderr } = answered(folder, args);
    expect([status, stdout], args.join(' ')).toEqual([2, '']);
    expect(stderr).toMatch(
      /^lastbit: cannot write .*, which this command reads; take another name\n$|this command reads it; take another name\n$/,
    );
  }
  expect(contentsOf(folder)).toEqual(before);
});

it('says where it cannot write before it reads anything', () => {
  const folder = folderWith({ 'a-file': '' });
  const cases: [string[], string][] = [
    [
      ['run', 'none.onnx', '--target', 'int8', '--out', 'a-file'],
      'cannot write a-file: a file of that name is in the way',
    ],
    [['study', 'none.onnx', '--out', 'a-file/x'], 'cannot write a-file/x: a part of the path is not a folder'],
    [['demo', '--models', 'none', '--out', 'a-file'], 'cannot write a-file: a file of that name is in the way'],
    [['accumulate', '--datapath', 'none.yaml', '--plot', 'no/x.svg'], 'cannot write no/x.svg: there is no folder no'],
    [['train', '--recipe', 'lsq', '--network', 'none.onnx', '--out', '/proc/x'], 'cannot write /proc/x: '],
  ];
  for (const [args, message] of cases) {
    const { status, stdout, stderr } = answered(folder, args);
    expect([status, stdout], args.join(' ')).toEqual([2, '']);
    expect(stderr.startsWith(`lastbit: ${message}`), stderr).toBe(true);
  }
  expect(readdirSync(folder)).toEqual(['a-file']);
});
