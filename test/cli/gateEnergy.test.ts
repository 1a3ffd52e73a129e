import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';
import { decodeModel, encodeModel } from '../../src/networks/readers/onnx/proto.js';
import { LIBERTY } from '../gates/cells.js';
import { isInstalled } from '../programs.js';
import { answered } from './answered.js';
import { folderWith, lastbit } from './command.js';

/** Energies of gates in run, sweep, study, targets and show. */

const models = join(import.meta.dirname, '..', '..', 'models');
const int8 = join(models, 'digits-int8.onnx');
const targetOf = (array: string, more = '') =>
  `name: own\narray: {rows: 8, cols: 8, ${array}}\ndatapath: int8\nmemories: {a: 32, b: 128, sum: 32}\nclockMhz: 500\nenergy: gates:asap7\n${more}`;
const FILES = {
  'ws.yaml': targetOf('dataflow: ws'),
  'staged.yaml': targetOf('dataflow: os, addStages: 2'),
  'edges.yaml': targetOf('dataflow: os, edge: partial'),
  'own.yaml': targetOf('dataflow: os'),
  'named.yaml': targetOf('dataflow: os').replace('gates:asap7', '"gates:"'),
  'int9.yaml': targetOf('dataflow: os').replace('datapath: int8', 'datapath: {a: int8, b: int8, sum: {format: int20}}'),
  'cells.lib': LIBERTY,
  'space.yaml': `networks: ${int8}\ndatapaths: int8\nrows: [8, 16]\nimages: 5\nenergy: gates:sg13g2\n`,
};

const run = (words: string) => `run ${int8} --images 2 ${words}`;

it.each([
  [
    'no such table',
    run('--target int8 --energy horowitz'),
    /^lastbit: there is no energy table "horowitz"; there are .*gates:asap7.*\n$/,
  ],
  [
    'no such library',
    run('--target int8 --energy gates:nangate'),
    'lastbit: there is no library "nangate"; there are asap7, sg13g2, or a liberty file\'s path\n',
  ],
  [
    'a file without a name',
    run('--target int8 --energy gates:cells.lib,'),
    'lastbit: a library is a liberty file or several: found "cells.lib", "", and an empty name is of no file\n',
  ],
  ['no such file', run('--target int8 --energy gates:none.lib'), /^lastbit: cannot read none.lib: .*\n$/],
  [
    'an array whose PEs are not read',
    run('--target ws.yaml'),
    'lastbit: energy of gates: target own is an array of dataflow ws; its PE is read where it is os\n',
  ],
  ['pipelined PEs', run('--target staged.yaml'), /^lastbit: energy of gates: target own has pipelined PEs .*\n$/],
  [
    'edges at their own size',
    run('--target edges.yaml'),
    /^lastbit: energy of gates: target own takes edge tiles .*\n$/,
  ],
  [
    'zeros that are skipped',
    run('--target int8-skipping --energy gates:asap7'),
    'lastbit: energy of gates: target int8-skipping makes something of zeros (skipping); its RTL does not\n',
  ],
  [
    'a unit that does not come with the package',
    run('--target int9.yaml'),
    /^lastbit: the package has no gates of own in asap7, only of the stock targets' units; .*--energy gates:FILE\.lib.*\n$/,
  ],
  [
    'a library without a name',
    run('--target named.yaml'),
    /^lastbit: named.yaml:6:9: energy: must be one of .*gates:FILE\.lib, or a record with table and entries, found "gates:"\n$/,
  ],
])('%s: one line, and nothing is written', (_what, words, message) => {
  const folder = folderWith(FILES);
  const { status, stdout, stderr } = answered(folder, [...words.split(' '), '--out', 'out']);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

it('the file, JSON and the terminal say the same', () => {
  const folder = folderWith(FILES);
  const words = run('--target own.yaml').split(' ');
  const result = JSON.parse(answered(folder, [...words, '--json', '--out', 'out']).stdout);
  const [row]: Record<string, string>[] = parse(readFileSync(join(folder, 'out/digits-int8.own.csv')), {
    columns: true,
  });
  for (const field of ['energyPj', 'tableEnergyPj', 'gatesEnergyPj', 'glitchFactor', 'gatesTiles', 'gatesMaxMhz'])
    expect(Number(row[field]), field).toBe(result[field]);
  expect(result).toMatchObject({ gatesLibrary: 'asap7', gatesImages: 2, gatesErrorPercent: 0 });
  expect(result.gatesEnergyPj).toBe(result.energyPj);
  expect(result.tableEnergyPj).not.toBe(result.energyPj);
  const layers = (
    result.layers as { place: string; layer: string; energy: { action: string; energyPj: number }[] }[]
  ).filter(({ place }) => place === 'array');
  expect(
    layers.flatMap(({ energy }) => energy.map(({ action }) => action)).filter((action) => /mac|add/.test(action)),
  ).toEqual([]);
  const shown = answered(folder, words).stdout;
  const [, table] = shown.split('The PEs by their gates, in nJ for one inference\n');
  for (const { layer, energy } of layers) {
    const logic = energy.find(({ action }) => action === 'pe:logic') as { energyPj: number };
    expect(table).toMatch(new RegExp(`^${layer} +int8 +[\\d.]+ +${(logic.energyPj / 1000).toFixed(1)} `, 'm'));
  }
  expect(table).toMatch(/^all \d+ tiles of 2 images: \+- 0\.0 % \(95 %\)$/m);
  expect(table).toMatch(/^glitches: 1\.\d\d \(1\.\d\d to 1\.\d\d\) times what toggles without them$/m);
  expect(table).not.toContain('is not met');
  expect(shown).toContain('gates of int8 in ASAP7');
  expect(shown).toContain('not counted: clock tree, control and addresses beside the PEs');
});

it('a clock that is not met is told by run and by show', () => {
  const folder = folderWith();
  const { stdout } = answered(folder, run('--target int8 --energy gates:sg13g2').split(' '));
  const [, most] = /^the clock of int8, 500 MHz, is not met: ([\d.]+) MHz at most in sg13g2$/m.exec(
    stdout,
  ) as RegExpExecArray;
  const shown = answered(folder, ['show', 'int8']).stdout;
  expect(shown).toMatch(new RegExp(`^int8 +sg13g2 +853 +[\\d.]+ +${Number(most).toFixed(0)} +no$`, 'm'));
  expect(shown).toMatch(/^int8 +asap7 +962 +[\d.]+ +\d+ +yes$/m);
  // One whose PE is not read says nothing of gates.
  expect(answered(folder, ['show', 'mxfp8']).stdout).not.toContain('as gates');
});

it('sweeps and studies take it, for all points', () => {
  const folder = folderWith(FILES);
  const swept = JSON.parse(answered(folder, ['sweep', 'space.yaml', '--json']).stdout).rows;
  const table = JSON.parse(
    answered(folder, ['sweep', 'space.yaml', '--energy', 'horowitz-45nm', '--json']).stdout,
  ).rows;
  expect(swept).toHaveLength(2);
  swept.forEach((row: Record<string, number>, i: number) => {
    expect(row.energyPj).toBeGreaterThan(2 * table[i].energyPj);
    expect(row.gatesErrorPercent).toBe(0);
    expect(table[i]).not.toHaveProperty('gatesErrorPercent');
    expect(row.cycles).toBe(table[i].cycles);
  });
  const words = `study ${join(models, 'digits-fp32.onnx')} --recipes int8,int8-symmetric --targets int8,int8-gated --images 5`;
  const { status, stdout, stderr } = answered(folder, [...words.split(' '), '--energy', 'gates:asap7', '--json']);
  expect(status).toBe(0);
  expect(stderr).toContain(
    'lastbit: left out: energy of gates: target int8-gated makes something of zeros (gated); its RTL does not\n',
  );
  const rows = JSON.parse(stdout).rows as { recipe: string; target: string; energyPj: number }[];
  expect(rows.map(({ recipe, target }) => `${recipe} ${target}`)).toEqual(['int8 int8', 'int8-symmetric int8']);
  // The same array in the same cycles, another quantization.
  expect(rows[1].energyPj).toBeLessThan(rows[0].energyPj * 0.97);
});

it('networks that an exporter gave one name have each their own data', () => {
  const graph = decodeModel(readFileSync(join(models, 'flags-int8.onnx')));
  const folder = folderWith({
    'space.yaml': `networks: [${int8}, same.onnx]\ndatapaths: int8\nimages: 2\nenergy: gates:asap7\n`,
  });
  const renamed = { ...graph, graph: { ...graph.graph, name: 'digits-int8' } };
  writeFileSync(join(folder, 'same.onnx'), encodeModel(renamed));
  const { status, stdout } = answered(folder, ['sweep', 'space.yaml', '--json']);
  expect(status).toBe(0);
  const run = answered(folder, 'run same.onnx --target int8 --images 2 --energy gates:asap7 --json'.split(' '));
  expect(JSON.parse(stdout).rows[1].energyPj).toBe(JSON.parse(run.stdout).energyPj);
});

describe.skipIf(!isInstalled('yosys'))('a library of the user', () => {
  it('is mapped as it is wanted, and is no output', () => {
    const folder = folderWith(FILES);
    const words = ['--target', 'int4', '--images', '1', '--energy', 'gates:cells.lib'];
    const { status, stdout, stderr } = lastbit(folder, ['run', join(models, 'digits-int4.onnx'), ...words]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'lastbit: maps int4 onto made_up with Yosys\n' });
    expect(stdout).toContain('gates of int4 in made_up');
  });
});
