import { expect, it } from 'vitest';
// The tool is plain JavaScript, as the benches are: Node runs it without a build.
// @ts-expect-error no types
import * as mutators from './mutators.js';
// @ts-expect-error no types
import * as files from './files.js';
// @ts-expect-error no types
import { EQUIVALENT } from './equivalent.js';
// @ts-expect-error no types
import { testsReaching } from './reach.js';
// @ts-expect-error no types
import { table } from './report.js';
// @ts-expect-error no types
import { draw } from './sample.js';
// @ts-expect-error no types
import { tryAll } from './try.js';

interface Mutant {
  start: number;
  end: number;
  before: string;
  after: string;
}

const kept = new Map<string, Mutant[]>();
/** Each source is walked once. */
function mutantsOf(source: string): Mutant[] {
  const mutants = kept.get(source) ?? (mutators.mutantsOf(source) as Mutant[]);
  kept.set(source, mutants);
  return mutants;
}
const mutated = mutators.mutated as (source: string, mutant: Mutant) => string;
const bodiesOf = mutators.bodiesOf as (source: string) => { start: number; end: number; block: boolean }[];
const sources = (files.ROOMS as string[]).flatMap(files.sourcesOf as (room: string) => string[]);
const read = files.readSource as (path: string) => string;

const changes = (source: string) => mutantsOf(source).map(({ before, after }) => `${before} -> ${after}`);

it('each kind of change is made where it changes something, and nowhere else', () => {
  expect(changes('const x = a < 3;')).toEqual(['< -> <=', '3 -> 4']);
  expect(changes('if (a) b();')).toEqual(['a -> true', 'a -> false', 'b(); -> ;']);
  expect(changes('const x = a && !b;')).toEqual(['&& -> ||', '!b -> b']);
  expect(changes('const x = a ?? b;')).toEqual(['a ?? b -> a']);
  expect(changes('const x = c ? 1n : Math.min(y, z);')).toEqual(['c -> true', 'c -> false', '1n -> 2n', 'min -> max']);
  expect(changes('for (;;) i += -k;')).toEqual(['i += -k; -> ;', '+= -> -=', '-k -> k']);
  expect(changes("const x = 'a' + b + f(`${c + 1}`);")).toEqual([]);
  expect(changes("import a from 'b'; type T = 1 | 2; throw new Error(`${1 + 1}`);")).toEqual([]);
  expect(changes("const x = new RangeError('a' + (1 + 1));")).toEqual([]);
});

it('every mutant of a sample is a program that differs at one place', () => {
  const isProgram = (text: string) => {
    try {
      bodiesOf(text);
      return true;
    } catch {
      return false;
    }
  };
  expect(['let a = 1;', 'let a = ;'].map(isProgram)).toEqual([true, false]);
  const wrong: string[] = [];
  for (const path of sources) {
    const source = read(path);
    const all = mutantsOf(source);
    for (const mutant of all.filter((_, i) => i % 29 === 0)) {
      const made = mutated(source, mutant);
      const differs =
        made !== source && made.startsWith(source.slice(0, mutant.start)) && made.endsWith(source.slice(mutant.end));
      if (!differs || !isProgram(made)) wrong.push(`${path} ${mutant.before} -> ${mutant.after}`);
    }
  }
  expect(wrong).toEqual([]);
});

it('those judged equivalent are there, and are few', () => {
  const known = EQUIVALENT as { file: string; line: string; before: string; after: string; why: string }[];
  for (const { file, line, before, after, why } of known) {
    const source = read(file);
    const lineOf = ({ start }: Mutant) => source.split('\n')[source.slice(0, start).split('\n').length - 1].trim();
    const found = mutantsOf(source).filter((each) => each.before === before && each.after === after);
    expect(found.map(lineOf), `${file}: ${before} -> ${after}`).toContain(line);
    expect(why.length).toBeGreaterThan(30);
  }
  const all = sources.reduce((sum, path) => sum + mutantsOf(read(path)).length, 0);
  expect(known.length / all).toBeLessThan(0.08);
});

it('a sample takes of each room alike, and is the same for the same seed', () => {
  const all = Array.from({ length: 100 }, (_, i) => ({ i, room: i < 90 ? 'large' : 'small' }));
  const drawn = draw(all, 30, 5, ({ room }: { room: string }) => room) as typeof all;
  expect(drawn.filter(({ room }) => room === 'small')).toHaveLength(10);
  expect(new Set(drawn).size).toBe(30);
  expect(draw(all, 30, 5, ({ room }: { room: string }) => room)).toEqual(drawn);
  expect(draw(all, 30, 6, ({ room }: { room: string }) => room)).not.toEqual(drawn);
});

it('tests of the same place come first, then quick ones, and only those that enter the function', () => {
  const source = 'const k = 1;\nfunction f() { return 2; }\nfunction g() { return () => 3; }';
  const bodies = bodiesOf(source);
  const [f, g, inner] = bodies.map(({ start }) => start);
  const reach = {
    'test/arrays/far.test.ts': { ms: 1, sources: { 'src/formats/a.ts': { bodies: [f] } } },
    'test/formats/a.test.ts': { ms: 9, sources: { 'src/formats/a.ts': { bodies: [f, g, inner] } } },
    'test/formats/b.test.ts': { ms: 7, sources: { 'src/formats/a.ts': { bodies: [g] } } },
    'test/formats/c.test.ts': { ms: 1, sources: { 'src/formats/c.ts': { bodies: [0] } } },
  };
  const testsOf = (digit: string) => {
    const start = source.indexOf(digit);
    const found = testsReaching(reach, 'src/formats/a.ts', bodies, { start, end: start + 1 }) as { test: string }[];
    return found.map(({ test }) => test);
  };
  expect(testsOf('1')).toEqual(['test/formats/a.test.ts', 'test/formats/b.test.ts', 'test/arrays/far.test.ts']);
  expect(testsOf('2')).toEqual(['test/formats/a.test.ts', 'test/arrays/far.test.ts']);
  expect(testsOf('3')).toEqual(['test/formats/a.test.ts']);
});

it('a change that a test sees is caught, one that none looks at survives', async () => {
  const path = 'src/text/plural.ts';
  const mutant = mutantsOf(read(path)).find(({ before, after }) => before === '1' && after === '2');
  const outcomes: string[] = [];
  const jobs = ['text/plural', 'formats/holds'].map((name) => ({
    path,
    mutant,
    tests: [{ test: `test/${name}.test.ts`, ms: 1000 }],
  }));
  await tryAll(jobs, 1, (_: unknown, { state }: { state: string }) => outcomes.push(state));
  await tryAll([{ path, mutant, tests: [] }], 1, (_: unknown, { state }: { state: string }) => outcomes.push(state));
  expect(outcomes).toEqual(['killed', 'survived', 'unreached']);
});

it('the table counts by room what was caught of those that can be told apart', () => {
  const rows = ['killed', 'types', 'endless', 'survived', 'equivalent'].map((state) => ({ room: 'formats', state }));
  const lines = (table(rows) as string).split('\n').map((line) => line.trim().split(/ +/));
  expect(lines[0]).toEqual(['room', 'killed', 'types', 'endless', 'survived', 'unreached', 'equivalent', 'caught']);
  expect(lines.slice(1)).toEqual(['formats', 'all'].map((name) => [name, '1', '1', '1', '1', '0', '1', '75.0%']));
});
