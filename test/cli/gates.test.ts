import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readNetlist } from '../../src/gates/netlist.js';
import { LIBERTY, madeUp } from '../gates/cells.js';
import { isInstalled } from '../programs.js';
import { answered } from './answered.js';
import { folderWith, lastbit } from './command.js';

const models = join(import.meta.dirname, '..', '..', 'models');
const WS =
  'name: w\narray: {rows: 4, cols: 4, dataflow: ws}\ndatapath: int8\nmemories: {a: 32, b: 32, sum: 32}\nclockMhz: 500\nenergy: horowitz-45nm\n';
const osWith = (field: string) => WS.replace('dataflow: ws', `dataflow: os, ${field}`);
const SLOW = LIBERTY.replaceAll('values ("0.1,', 'values ("9.1,');

const refused: [what: string, words: string, message: string | RegExp][] = [
  ['no library', 'gates int8', 'lastbit: --library must be given; see "lastbit gates --help"\n'],
  ['a library without a name', 'gates int8 --json --library', 'lastbit: --library needs a liberty file, or several\n'],
  ['a library that is not there', 'gates int8 --library none.lib', /^lastbit: cannot read none.lib: .*\n$/],
  [
    'a file that is none',
    'gates int8 --library net.csv',
    'lastbit: net.csv, line 1: found Layer, expected library (NAME) {\n',
  ],
  [
    'a library of an empty name',
    'gates int8 --library cells.lib --library=',
    'lastbit: a library is a liberty file or several: found "cells.lib", "", and an empty name is of no file\n',
  ],
  ...[1.5, -1].map((seed): [string, string, string] => [
    `seed ${seed}`,
    `gates int8 --library cells.lib --seed ${seed}`,
    `lastbit: --seed must be a whole number of at least 0, found ${seed}\n`,
  ]),
  ['no such unit', 'gates int9 --library cells.lib', /^lastbit: .*int9.*\n$/],
  [
    'pipelined PEs',
    'gates staged.yaml --library cells.lib',
    'lastbit: gates: target staged.yaml has adders of 3 stages; its PE has RTL where addStages is 1\n',
  ],
  [
    'pipelined PEs that hold an operand',
    'gates ws.yaml --pipeline 1 --library cells.lib',
    'lastbit: gates: target ws.yaml has PEs of dataflow ws with 1 multiplier stages; such a PE has RTL where it is os\n',
  ],
  ['more stages than are looked at', 'gates int8 --pipeline 9 --library cells.lib', /^lastbit: --pipeline .*8.*\n$/],
  [
    'a unit that cannot be cut',
    'gates xnor --pipeline 1 --library cells.lib',
    /^lastbit: rtl: datapath xnor cannot be cut between multiplier and adder: .*\n$/,
  ],
  [
    'operands that are broadcast',
    'gates broadcast.yaml --library cells.lib',
    /^lastbit: gates: target broadcast.yaml broadcasts operands; its PE has RTL where they are systolic\n$/,
  ],
  [
    'a layer without its network',
    'gates int8 --library cells.lib --layer conv2',
    'lastbit: --network and --layer go together\n',
  ],
  [
    'an image without a network',
    'gates int8 --library cells.lib --image 2',
    /^lastbit: --image goes with --network and --layer: leave it out.*\n$/,
  ],
  [
    'no such layer',
    `gates int8 --library cells.lib --network ${models}/digits-int8.onnx --layer none`,
    /^lastbit: .*none.*conv1.*\n$/,
  ],
  [
    'operands of more bits than are simulated',
    'gates cdna2-fp64 --library cells.lib',
    'lastbit: gates: datapath cdna2-fp64 multiplies operands of 64 bits; those of at most 32 are simulated\n',
  ],
  [
    'a unit without RTL',
    'gates blackwell-mxfp8 --library cells.lib',
    /^lastbit: rtl: datapath blackwell-mxfp8 has block scales.*\n$/,
  ],
];

it.each(refused)('%s: one line, nothing written', (_what, words, message) => {
  const folder = folderWith({
    'cells.lib': LIBERTY,
    'net.csv': 'Layer,M\n',
    'ws.yaml': WS,
    'staged.yaml': osWith('addStages: 3'),
    'broadcast.yaml': osWith('operands: broadcast'),
  });
  const { status, stdout, stderr } = answered(folder, [...words.split(' '), '--out', 'out']);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain('\n');
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

it('without Yosys it says how to get it', () => {
  const folder = folderWith({ 'cells.lib': LIBERTY });
  const path = process.env.PATH;
  process.env.PATH = '';
  const { status, stderr } = lastbit(folder, ['gates', 'int8', '--library', 'cells.lib']);
  process.env.PATH = path;
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr:
      'lastbit: yosys cannot be run, and synthesis needs it (Debian: apt-get install yosys; anywhere: npm install @yowasp/yosys)\n',
  });
});

it.skipIf(!isInstalled('yosys'))(
  'a target says where its clock is not met; --out holds the netlist and what it was made of',
  () => {
    const folder = folderWith({ 'slow.lib': SLOW });
    const { status, stdout, stderr } = answered(folder, ['gates', 'int4', '--library', 'slow.lib', '--out', 'out']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('the clock of the target, 500 MHz, is not met');
    expect(stdout).toMatch(/uniform codes +\d+ +\d+ +\d+ +\d+ +2\.\d\d \(2\.\d\d to 2\.\d\d\) +1024 of 1024\n/);
    expect(readdirSync(join(folder, 'out')).sort()).toEqual([
      'lastbit_int_mac.sv',
      'lastbit_lfsr.sv',
      'lastbit_pe_os.sv',
      'mac_unit.sv',
      'pe.json',
      'pe.sv',
    ]);
    const netlist = readNetlist(readFileSync(join(folder, 'out/pe.json'), 'utf8'), 'pe.json', madeUp(SLOW));
    expect([...netlist.ports.keys()]).toContain('leaving');
  },
);

it.skipIf(!isInstalled('yosys'))('the PE of an array that holds weights', () => {
  const folder = folderWith({ 'cells.lib': LIBERTY, 'ws.yaml': WS });
  const { status, stdout, stderr } = answered(folder, ['gates', 'ws.yaml', '--library', 'cells.lib', '--out', 'out']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^PE of int8, weight-stationary, in made_up /);
  expect(stdout).toContain(
    'sums: those of the netlist that are the reference, bit for bit; loading of weights included\n',
  );
  expect(readdirSync(join(folder, 'out'))).toContain('lastbit_pe_ws.sv');
});

it.skipIf(!isInstalled('yosys'))('a target with multiplier stages, and a unit with --pipeline, are the same PE', () => {
  const folder = folderWith({ 'cells.lib': LIBERTY, 'staged.yaml': osWith('multiplyStages: 1') });
  const [target, unit] = ['staged.yaml', 'int8 --pipeline 1'].map((words) =>
    answered(folder, ['gates', ...words.split(' '), '--library', 'cells.lib']),
  );
  expect(target.stdout).toMatch(/^PE of int8, output-stationary, 1 register between multiplier and adder, in made_up /);
  expect(unit).toEqual(target);
});
