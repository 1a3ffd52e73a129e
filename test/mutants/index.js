// npm run test:mutants: small wrong changes of the sources, each tried by the tests that reach it; docs/mutants.md says how to read it.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { isEquivalent } from './equivalent.js';
import { readSource, ROOMS, roomOf, sourcesOf } from './files.js';
import { bodiesOf, mutantsOf } from './mutators.js';
import { reachOfTests, testsReaching } from './reach.js';
import { isAlive, table } from './report.js';
import { draw } from './sample.js';
import { tryAll } from './try.js';
import { compiler } from './types.js';

const { values } = parseArgs({
  options: {
    sample: { type: 'string', default: '400' },
    seed: { type: 'string', default: process.env.LASTBIT_SEED ?? '1' },
    all: { type: 'boolean', default: false },
    room: { type: 'string', multiple: true },
    file: { type: 'string', multiple: true },
    budget: { type: 'string' },
    threads: { type: 'string', default: String(cpus().length) },
    json: { type: 'string' },
    again: { type: 'string' },
  },
});

/** A file's mutants, each with its place; the line as it stands finds it again when others move. */
function placed(path) {
  const source = readSource(path);
  const lines = source.split('\n');
  return mutantsOf(source).map((mutant) => {
    const line = source.slice(0, mutant.start).split('\n').length;
    const column = mutant.start - source.lastIndexOf('\n', mutant.start - 1);
    return { path, mutant, line, column, text: lines[line - 1].trim() };
  });
}

const oneLine = (text) => (text.length > 60 ? `${text.slice(0, 57)}...` : text).replace(/\s+/g, ' ');

const label = ({ path, line, column, mutant: { before, after } }) =>
  `${path}:${line}:${column}  ${oneLine(before)}  ->  ${oneLine(after) || '(nothing)'}`;

/** Those that were asked for. */
function chosen(candidates) {
  if (values.again !== undefined) {
    const alive = new Set(JSON.parse(readFileSync(values.again, 'utf8')).filter(isAlive).map(({ mutant }) => mutant));
    return candidates.filter((each) => alive.has(label(each)));
  }
  if (values.all || values.file !== undefined) return candidates;
  return draw(candidates, Number(values.sample), Number(values.seed), ({ path }) => roomOf(path));
}

const paths = values.file ?? (values.room ?? ROOMS).flatMap(sourcesOf);
const candidates = paths.flatMap(placed);
const sample = chosen(candidates);
console.error(`${sample.length} of ${candidates.length} mutants, seed ${values.seed}`);

const budgetMs = 1000 * Number(values.budget ?? (values.all ? Infinity : 120));
const reach = await reachOfTests();
const bodies = new Map(paths.map((path) => [path, bodiesOf(readSource(path))]));

/** What reaches a mutant, as long as the budget lasts; the first in any case. */
function testsFor({ path, mutant }) {
  let spent = 0;
  return testsReaching(reach, path, bodies.get(path), mutant).filter(({ ms }, i) => (spent += ms) <= budgetMs || i === 0);
}

const results = [];
function note(job, outcome) {
  results.push({ mutant: label(job), room: roomOf(job.path), ...outcome });
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
}

for (const job of sample.filter(isEquivalent)) note(job, { state: 'equivalent' });
const jobs = sample.filter((job) => !isEquivalent(job)).map((job) => ({ ...job, tests: testsFor(job) }));
const types = compiler();
try {
  await tryAll(jobs, Number(values.threads), (job, outcome) => {
    const refused = isAlive(outcome) && !types.takes(job.path, job.mutant);
    note(job, refused ? { ...outcome, state: 'types' } : outcome);
    if (isAlive(outcome) && !refused) console.log(`${outcome.state.padEnd(9)}  ${label(job)}`);
  });
} finally {
  types.close();
}
console.log(`\n${table(results)}`);
