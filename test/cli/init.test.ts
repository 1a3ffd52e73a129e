import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answered } from './answered.js';
import { folderWith } from './command.js';

const kinds = ['unit', 'target', 'sweep', 'data'];

it('lists the kinds', () => {
  const { stdout, status } = answered(folderWith(), ['init']);
  expect(status).toBe(0);
  expect(
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(/ +/)[2]),
  ).toEqual(kinds);
});

describe.each(kinds)('%s', (kind) => {
  it('is written, and runs as it says', () => {
    const folder = folderWith();
    const { stdout, status } = answered(folder, ['init', kind]);
    const [, path, next] = /^wrote (\S+); try: lastbit (.*)\n$/.exec(stdout) as unknown as string[];
    expect([status, path]).toEqual([0, kind === 'data' ? 'data' : `${kind}.yaml`]);
    expect(readFileSync(join(folder, kind === 'data' ? 'data/README.md' : path), 'utf8')).toMatch(/^(#|Images)/);
    expect(answered(folder, next.split(' '))).toMatchObject({ status: 0 });
  });

  it('is never written over what is there', () => {
    const folder = folderWith();
    writeFileSync(join(folder, 'mine'), 'mine');
    expect(answered(folder, ['init', kind, 'mine'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'lastbit: mine is there already, and nothing is overwritten: name another\n',
    });
    expect(readFileSync(join(folder, 'mine'), 'utf8')).toBe('mine');
  });
});

it('the data train too, and the CSV file is read', () => {
  const folder = folderWith();
  answered(folder, ['init', 'data', 'images']);
  const run = (words: string) => answered(folder, words.split(' '));
  expect(run('train --recipe lsq --network mlp --data images --images 100 --judged 50 --epochs 1').status).toBe(0);
  const args = 'run models/digits-int8.onnx --target int8 --images 20 --data';
  const [fromCsv, fromIdx] = [run(`${args} images/images.csv`), run(`${args} images`)];
  expect([fromCsv.status, fromIdx.status]).toEqual([0, 0]);
  expect(fromCsv.stdout).toBe(fromIdx.stdout);
});

it('an unknown kind is refused, and nothing is written', () => {
  const folder = folderWith();
  expect(answered(folder, ['init', 'units']).stderr).toBe(
    'lastbit: <kind> is one of unit, target, sweep, data, found "units"; did you mean "unit"?\n',
  );
  expect(existsSync(join(folder, 'units.yaml'))).toBe(false);
});
