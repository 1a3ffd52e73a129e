// Which functions each test file enters and how long it takes: a mutant is tried by the tests that get to it, quick ones first.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import MagicString from 'magic-string';
import { createVitest } from 'vitest/node';
import { ALONE, digestOf, ROOT, roomOf, testsOf } from './files.js';
import { bodiesOf } from './mutators.js';

/** Kept between runs; an entry counts while its test and all sources that it loads are as they were. */
const KEPT = join(ROOT, 'node_modules', '.cache', 'lastbit-mutants.json');

/** Each function marks that it was entered, each module that it was loaded. */
const marks = {
  name: 'lastbit:marks',
  enforce: 'pre',
  transform(code, id) {
    const path = relative(ROOT, id);
    if (roomOf(path) === undefined || !path.endsWith('.ts')) return undefined;
    const made = new MagicString(code);
    for (const { start, end, block } of bodiesOf(code)) {
      const mark = `$marks[${start}]=1`;
      if (block) made.appendRight(start + 1, `${mark};`);
      else made.appendRight(start, `(${mark},`).appendLeft(end, ')');
    }
    return `const $marks=((globalThis.lastbitMarks??={})[${JSON.stringify(path)}]??={});${made.toString()}`;
  },
};

function isCurrent({ digest, sources }, path) {
  const changed = ([source, { digest: then }]) => !existsSync(join(ROOT, source)) || digestOf(source) !== then;
  return digestOf(path) === digest && !Object.entries(sources).some(changed);
}

/**
 * @returns by test file: `ms`, and `sources`, for each source file that it loads the starts of the bodies that it enters.
 * Test files that fail without a mutant are left out.
 */
export async function reachOfTests() {
  const before = existsSync(KEPT) ? JSON.parse(readFileSync(KEPT, 'utf8')) : {};
  const tests = testsOf();
  const kept = Object.fromEntries(tests.filter((path) => path in before && isCurrent(before[path], path)).map((path) => [path, before[path]]));
  const missing = tests.filter((path) => !(path in kept));
  const reach = missing.length === 0 ? kept : { ...kept, ...(await measured(missing)) };
  mkdirSync(dirname(KEPT), { recursive: true });
  writeFileSync(`${KEPT}.${process.pid}`, JSON.stringify(reach));
  renameSync(`${KEPT}.${process.pid}`, KEPT);
  for (const [path, { failed }] of Object.entries(reach)) if (failed) console.error(`left out, because it fails without a mutant: ${path}`);
  return Object.fromEntries(Object.entries(reach).filter(([, { failed }]) => !failed));
}

async function measured(paths) {
  console.error(`finding out what ${paths.length} test files reach`);
  const folder = mkdtempSync(join(tmpdir(), 'lastbit-marks-'));
  process.env.LASTBIT_MARKS = folder;
  const setup = join(ROOT, 'test', 'mutants', 'marks.ts');
  const vitest = await createVitest('test', { ...ALONE, setupFiles: [setup] }, { plugins: [marks] });
  try {
    const wanted = new Set(paths.map((path) => join(ROOT, path)));
    const specs = (await vitest.globTestSpecifications()).filter(({ moduleId }) => wanted.has(moduleId));
    const { testModules } = await vitest.runTestSpecifications(specs);
    const entered = new Map();
    for (const name of readdirSync(folder)) {
      const { testPath, entered: starts } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      entered.set(testPath, starts);
    }
    return Object.fromEntries(
      testModules.map((module) => {
        const path = relative(ROOT, module.moduleId);
        const { duration, collectDuration, setupDuration } = module.diagnostic();
        const sources = Object.entries(entered.get(module.moduleId) ?? {}).map(([source, bodies]) => [source, { digest: digestOf(source), bodies }]);
        const failed = module.state() === 'failed';
        return [path, { digest: digestOf(path), ms: duration + collectDuration + setupDuration, failed, sources: Object.fromEntries(sources) }];
      }),
    );
  } finally {
    await vitest.close();
    rmSync(folder, { recursive: true });
  }
}

/** The innermost body around a mutant; undefined at the top of the module. */
function bodyAround(bodies, { start, end }) {
  return bodies.filter((body) => body.start <= start && end <= body.end).at(-1);
}

/**
 * The tests that can see a mutant: those of the same place in the tree first, then the quick ones.
 * @param path of the source, from the root
 */
export function testsReaching(reach, path, bodies, mutant) {
  const body = bodyAround(bodies, mutant);
  const stem = path.replace(/^src\//, 'test/').replace(/\.ts$/, '');
  const near = (test) => (test === `${stem}.test.ts` ? 0 : dirname(test) === dirname(stem) ? 1 : 2);
  return Object.entries(reach)
    .filter(([, { sources }]) => path in sources && (body === undefined || sources[path].bodies.includes(body.start)))
    .sort(([a, x], [b, y]) => near(a) - near(b) || x.ms - y.ms)
    .map(([test, { ms }]) => ({ test, ms }));
}
