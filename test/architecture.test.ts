import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const ROOMS = [
  'wasm',
  'text',
  'random',
  'formats',
  'datapaths',
  'arrays',
  'energy',
  'networks',
  'quantize',
  'training',
  'targets',
  'simulate',
  'outputs',
  'cli',
];
const src = join(import.meta.dirname, '..', 'src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) =>
    relative(src, join(src, dirname(file), match[1])),
  );
}

const roomOf = (file: string) => ROOMS.indexOf(file.split('/')[0]);

it('every file stands in a room, or is index.ts', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => roomOf(file) < 0 && file !== 'index.ts')).toEqual([]);
});

it('a room imports only itself and the rooms above it', () => {
  const wrong = files
    .filter((file) => file !== 'index.ts')
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => roomOf(target) > roomOf(file))
        .map((target) => `${file} -> ${target}`),
    );
  expect(wrong).toEqual([]);
});

it('no file is long enough to hold a second thing', () => {
  const long = files.filter(
    (file) => !file.includes('_pb') && readFileSync(join(src, file), 'utf8').split('\n').length > 301,
  );
  expect(long).toEqual([]);
});

it('the terminal is known to the command line only', () => {
  const wrong = files.filter((file) => roomOf(file) < ROOMS.indexOf('cli'));
  expect(
    wrong.filter((file) => /process\.(exit|stdout|stderr|argv)|console\./.test(readFileSync(join(src, file), 'utf8'))),
  ).toEqual([]);
});
