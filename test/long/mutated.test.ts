import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Chance } from './mutator.js';
import { faultsOf } from './mutated/judge.js';
import { type Ending, Runner } from './mutated/pool.js';
import type { Files } from './mutated/samples.js';
import { type Seed, seedsOf, type Spoilt, writeFiles } from './mutated/seeds.js';

/**
 * Inputs that are almost valid: files of every kind that the program reads, and command lines, each with one or two
 * changes. Whatever comes, the program ends soon, with 0, 1 (a FAIL) or 2, and says in one line of its own what is wrong.
 */
const COUNT = Number(process.env.LASTBIT_INPUTS ?? 26_000);
/** The number of the first one, to see a failure again: its number, and LASTBIT_INPUTS=1. */
const FIRST = Number(process.env.LASTBIT_FIRST ?? 0);
/** Other inputs come of another seed. */
const SEED = Number(process.env.LASTBIT_SEED ?? 1);
/** A folder that keeps what failed, with a list; nothing is kept by default. */
const KEEP = process.env.LASTBIT_KEEP;
/** Every so many inputs go through the real command too. */
const REAL_EVERY = Math.ceil(COUNT / 300);
const LIMIT = 10_000;

const root = join(import.meta.dirname, '..', '..');
const launcher = join(root, 'src', 'cli', 'lastbit.js');
const built = join(root, 'dist');
const folder = mkdtempSync(join(tmpdir(), 'lastbit-mutated-'));
const runners = Array.from({ length: availableParallelism() }, () => new Runner(built, LIMIT));
let seeds: Seed[];

beforeAll(async () => {
  let made = 0;
  seeds = await seedsOf(async (args, files) => {
    const place = emptied(join(folder, `seed-${made++}`), files);
    const ending = await runners[0].run({ folder: place, args });
    if (ending.status !== 0) throw new Error(`${args.join(' ')} fails: ${ending.stderr}`);
    return place;
  });
}, 120_000);

afterAll(() => {
  for (const runner of runners) runner.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A folder with these files and no others. */
function emptied(place: string, files: Files): string {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  writeFiles(place, files, (within) => mkdirSync(within, { recursive: true }));
  return place;
}

/** Names of what is in a folder, with digests of the files. */
function contents(place: string): Map<string, string> {
  return new Map(
    readdirSync(place, { recursive: true, withFileTypes: true }).map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const digest = entry.isFile() ? createHash('sha1').update(readFileSync(path)).digest('hex') : 'folder';
      return [relative(place, path), digest];
    }),
  );
}

/** The input of that number: the same for the same seed, whatever ran before. */
function spoilt(index: number): Spoilt & { seed: Seed } {
  const chance = new Chance(SEED * 1_000_003 + index);
  const total = seeds.reduce((sum, { weight }) => sum + weight, 0);
  let at = chance.below(total);
  const seed = seeds.find(({ weight }) => (at -= weight) < 0) ?? seeds[0];
  return { seed, ...seed.mutate(chance, seed) };
}

/** The same command as its own process. */
function really(place: string, args: readonly string[]): Ending {
  const started = performance.now();
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], {
    cwd: place,
    encoding: 'utf8',
    timeout: LIMIT + 5000,
    killSignal: 'SIGKILL',
    input: '',
    maxBuffer: 1 << 28,
  });
  const ended = signal === null ? (status ?? 'hang') : signal === 'SIGKILL' ? 'hang' : (`crash: ${signal}` as const);
  return { status: ended, stdout, stderr, milliseconds: performance.now() - started };
}

interface Found {
  index: number;
  kind: string;
  outcome: string;
  faults: string[];
  note: string;
  args: readonly string[];
  stderr: string;
  milliseconds: number;
}

async function tried(index: number, runner: Runner, place: string): Promise<Found> {
  const { seed, files, args, note } = spoilt(index);
  emptied(place, files);
  const before = contents(place);
  let ending = await runner.run({ folder: place, args });
  if (ending.status === 'hang') {
    // A busy machine may have been the reason; what hangs does so again.
    emptied(place, files);
    ending = await runner.run({ folder: place, args });
  }
  const input = Object.values(files)
    .map((bytes) => Buffer.from(bytes).toString('latin1'))
    .join('\n');
  const faults = faultsOf({ args, input, before, after: contents(place) }, ending);
  if (index % REAL_EVERY === 0) {
    emptied(place, files);
    const real = really(place, args);
    faults.push(...faultsOf({ args, input, before, after: contents(place) }, real).map((fault) => `command: ${fault}`));
    if (real.status !== ending.status) faults.push(`command: status ${real.status}, not ${ending.status}`);
  }
  if (faults.length > 0 && KEEP !== undefined && seed.target !== undefined) {
    mkdirSync(KEEP, { recursive: true });
    writeFileSync(join(KEEP, `${index}-${seed.target.replaceAll('/', '-')}`), files[seed.target]);
  }
  const { status, stderr, milliseconds } = ending;
  return { index, kind: seed.kind, outcome: String(status), faults, note, args, stderr, milliseconds };
}

/** Counts by kind and by how the command ended. */
function table(all: readonly Found[]): string {
  const kinds = [...new Set(all.map(({ kind }) => kind))].sort();
  const outcomes = [...new Set(all.map(({ outcome }) => outcome))].sort();
  const row = (title: string, of: readonly Found[]) => {
    const counts = outcomes.map((outcome) =>
      String(of.filter((found) => found.outcome === outcome).length).padStart(8),
    );
    const faulty = of.filter(({ faults }) => faults.length > 0).length;
    const time = of.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / Math.max(1, of.length);
    return `${title.padEnd(16)}${counts.join('')}${String(faulty).padStart(8)}${time.toFixed(1).padStart(8)}`;
  };
  const head = `${'kind'.padEnd(16)}${outcomes.map((name) => name.slice(0, 7).padStart(8)).join('')}  faulty      ms`;
  return [
    head,
    ...kinds.map((kind) =>
      row(
        kind,
        all.filter((found) => found.kind === kind),
      ),
    ),
    row('all', all),
  ].join('\n');
}

it(`${COUNT} almost valid inputs end soon, in one line of the program's own`, { timeout: 3_600_000 }, async () => {
  const all: Found[] = [];
  let next = FIRST;
  await Promise.all(
    runners.map(async (runner, i) => {
      while (next < FIRST + COUNT) all.push(await tried(next++, runner, join(folder, `case-${i}`)));
    }),
  );
  console.log(table(all));
  const faulty = all.filter(({ faults }) => faults.length > 0).sort((a, b) => a.index - b.index);
  if (KEEP !== undefined && faulty.length > 0)
    writeFileSync(join(KEEP, 'list.json'), JSON.stringify(faulty, undefined, 1));
  expect(all.length).toBe(COUNT);
  // Inputs that are all refused, or all taken, would say little; of a single one there is nothing to say.
  const least = COUNT === 1 ? -1 : COUNT / 10;
  for (const end of ['0', '2']) expect(all.filter(({ outcome }) => outcome === end).length).toBeGreaterThan(least);
  expect(
    faulty.slice(0, 40).map(({ index, args, note, faults, stderr }) => ({
      index,
      args: args.join(' '),
      note,
      faults,
      stderr: stderr.slice(0, 300),
    })),
  ).toEqual([]);
});
