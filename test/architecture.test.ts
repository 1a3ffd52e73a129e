import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Rooms of src, and those of the kernel compiler, from the ground up: each imports only itself and the rooms before it. */
const ROOMS = [
  'wasm',
  'text',
  'random',
  'formats',
  'datapaths',
  'gates',
  'arrays',
  'energy',
  'networks',
  'data',
  'quantize',
  'training',
  'recipes',
  'targets',
  'simulate',
  'outputs',
  'cli',
];
const KERNEL = 'datapaths/kernel/';
const KERNEL_ROOMS = [
  'contract',
  'float64',
  'panels',
  'steps',
  'nests',
  'scalar.ts',
  'integers',
  'floats',
  'firings',
  'banks',
  'routes',
  'index.ts',
];
/** The order within rooms that have rooms of their own. */
const WITHIN: Readonly<Record<string, readonly string[]>> = {
  quantize: ['algebra', 'contract', 'ranges', 'equalize', 'structure', 'codes', 'blocks', 'learned', 'quantize.ts'],
  training: ['data', 'model', 'networks', 'session'],
  outputs: ['files', 'words', 'vectors', 'benches', 'tables', 'tensors', 'traces'],
  recipes: ['bits.ts', 'trainRecipe.ts', 'method.ts', 'after', 'training', 'catalog.ts', 'models', 'models.ts'],
};
const LONGEST = 300;

const src = join(import.meta.dirname, '..', 'src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const textOf = (file: string) => readFileSync(join(src, file), 'utf8');

/** Every file that a file names, in imports of types too. */
function importsOf(file: string): string[] {
  return [...textOf(file).matchAll(/(?:\bfrom|\bimport|import\()\s*'(\.[^']+)'/g)].map((match) =>
    relative(src, join(src, dirname(file), match[1])).replace(/\.js$/, '.ts'),
  );
}

const imports = new Map(files.map((file) => [file, importsOf(file)]));
const arrows = [...imports].flatMap(([from, targets]) => targets.map((to) => ({ from, to })));
const said = ({ from, to }: (typeof arrows)[number]) => `${from} -> ${to}`;
const roomOf = (file: string) => ROOMS.indexOf(file.split('/')[0]);
const inKernel = (file: string) => file.startsWith(KERNEL);
const kernelRoomOf = (file: string) => KERNEL_ROOMS.indexOf(file.slice(KERNEL.length).split('/')[0]);

/** Files on circles, and those between two: what is left when all that import nothing of the rest, or that nothing imports, go. */
function circles(of: ReadonlyMap<string, readonly string[]>): string[] {
  const left = new Map(of);
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [file, targets] of left) if (!targets.some((target) => left.has(target))) left.delete(file);
    const wanted = new Set([...left.values()].flat());
    for (const file of left.keys()) if (!wanted.has(file)) left.delete(file);
  }
  return [...left.keys()];
}

describe('rooms', () => {
  it('every file stands in a room, or is index.ts', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file) => roomOf(file) < 0 && file !== 'index.ts')).toEqual([]);
    expect(files.filter((file) => inKernel(file) && kernelRoomOf(file) < 0)).toEqual([]);
  });

  it('a room imports only itself and the rooms above it', () => {
    const wrong = arrows.filter(({ from, to }) => from !== 'index.ts' && roomOf(to) > roomOf(from));
    expect(wrong.map(said)).toEqual([]);
  });

  it('a room of the kernel imports only itself and the rooms above it', () => {
    const within = arrows.filter(({ from, to }) => inKernel(from) && inKernel(to));
    expect(within.length).toBeGreaterThan(200);
    expect(within.filter(({ from, to }) => kernelRoomOf(to) > kernelRoomOf(from)).map(said)).toEqual([]);
  });

  it.each(Object.entries(WITHIN))('%s is in order within', (room, order) => {
    const placeOf = (file: string) => order.indexOf(file.slice(room.length + 1).split('/')[0]);
    const isWithin = (file: string) => file.startsWith(`${room}/`);
    expect(files.filter((file) => isWithin(file) && placeOf(file) < 0)).toEqual([]);
    const arrowsWithin = arrows.filter(({ from, to }) => isWithin(from) && isWithin(to));
    expect(arrowsWithin.length).toBeGreaterThan(20);
    expect(arrowsWithin.filter(({ from, to }) => placeOf(to) > placeOf(from)).map(said)).toEqual([]);
  });

  it('whoever is outside the kernel imports its index alone', () => {
    const past = arrows.filter(({ from, to }) => !inKernel(from) && inKernel(to) && to !== `${KERNEL}index.ts`);
    expect(past.map(said)).toEqual([]);
  });
});

describe('files', () => {
  it('no import leads back to where it came from, types included', () => {
    const back = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b', 'd']],
      ['d', []],
    ]);
    expect(circles(back)).toEqual(['b', 'c']);
    expect(circles(imports)).toEqual([]);
  });

  it('every import is of a file that is there', () => {
    const known = new Set(files);
    expect(arrows.filter(({ to }) => to.endsWith('.ts') && !known.has(to)).map(said)).toEqual([]);
  });

  it('no file is long enough to hold a second thing', () => {
    const long = files.filter((file) => textOf(file).trimEnd().split('\n').length > LONGEST);
    expect(long).toEqual([]);
  });

  it('names of files are in one style', () => {
    expect(files.filter((file) => !/^([a-z][A-Za-z0-9]*\/)*[a-z][A-Za-z0-9]*(\.d)?\.ts$/.test(file))).toEqual([]);
  });

  it('an exported type has its name to itself', () => {
    const declared = files.flatMap((file) =>
      [...textOf(file).matchAll(/^export (?:declare )?(?:abstract )?(?:interface|type|class|enum) (\w+)/gm)].map(
        ([, name]) => ({ name, file }),
      ),
    );
    expect(declared.length).toBeGreaterThan(200);
    const twice = declared.filter(({ name, file }) =>
      declared.some((other) => other.name === name && other.file !== file),
    );
    expect(twice.map(({ name, file }) => `${name} in ${file}`)).toEqual([]);
  });

  it('the terminal is known to the command line only', () => {
    const wrong = files.filter((file) => roomOf(file) < ROOMS.indexOf('cli'));
    expect(wrong.filter((file) => /process\.(exit|stdout|stderr|argv)|console\./.test(textOf(file)))).toEqual([]);
  });
});

it('the page on the kernel names rooms and files that are there, and every room', () => {
  const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'kernel.md'), 'utf8');
  const named = [...page.matchAll(/`([\w/]+(?:\.ts|\/))`/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(25);
  const roots = [join(src, KERNEL), join(src, '..')];
  expect(named.filter((name) => !roots.some((root) => existsSync(join(root, name))))).toEqual([]);
  expect(KERNEL_ROOMS.filter((room) => !named.includes(room) && !named.includes(`${room}/`))).toEqual([]);
});
