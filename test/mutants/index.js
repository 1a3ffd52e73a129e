// npm run test:mutants: small wrong changes of the sources, each tried by the tests that reach it. docs/mutants.md says how to read it.
// Options: --sample N (400, over the rooms alike), --seed N, --all, --room NAME, --file PATH, --budget S (of tests a mutant, 120),
// --threads N, --json FILE, --again FILE (the survivors of such a file alone).
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { readSource, ROOMS, roomOf, sourcesOf } from './files.js';
import { bodiesOf, mutantsOf } from './mutators.js';
import { reachOfTests, testsReaching } from './reach.js';
import { draw } from './sample.js';
import { tryAll } from './try.js';

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

const EQUIVALENT = parse(readFileSync(fileURLToPath(new URL('equivalent.yaml', import.meta.url)), 'utf8'));

/** A mutant with its place: the line as it stands finds it again when other lines move. */
function placed(path) {
  const source = readSource(path);
  const lines = source.split('\n');
  return mutantsOf(source).map((mutant) => {
    const line = source.slice(0, mutant.start).split('\n').length;
    const column = mutant.start - source.lastIndexOf('\n', mutant.start - 1);
    return { path, mutant, line, column, text: lines[line - 1].trim() };
  });
}

const label = ({ path, line, column, mutant: { before, after } }) => `${path}:${line}:${column}  ${oneLine(before)}  ->  ${oneLine(after) || '(nothing)'}`;
const oneLine = (text) => (text.length > 60 ? `${text.slice(0, 57)}...` : text).replace(/\s+/g, ' ');

function isEquivalent({ path, text, mutant }) {
  return EQUIVALENT.some(({ file, line, before, after }) => file === path && line === text && before === mutant.before && after === mutant.after);
}

const rooms = values.room ?? ROOMS;
const chosen = values.file ?? rooms.flatMap(sourcesOf);
const candidates = chosen.flatMap(placed);
const again = values.again && new Set(JSON.parse(readFileSync(values.again, 'utf8')).filter(({ state }) => state === 'survived' || state === 'unreached').map(({ mutant }) => mutant));
const sampled = again ? candidates.filter((each) => again.has(label(each))) : values.all || values.file ? candidates : draw(candidates, Number(values.sample), Number(values.seed), ({ path }) => roomOf(path));

const budget = Number(values.budget ?? (values.all ? 'Infinity' : 120)) * 1000;
const reach = await reachOfTests();
const bodies = new Map(chosen.map((path) => [path, bodiesOf(readSource(path))]));
const jobs = sampled.map((each) => {
  let spent = 0;
  const reaching = testsReaching(reach, each.path, bodies.get(each.path), each.mutant);
  const tests = reaching.filter(({ ms }, i) => (spent += ms) <= budget || i === 0);
  return { ...each, tests };
});

console.error(`${jobs.length} of ${candidates.length} mutants, seed ${values.seed}`);
const results = [];
await tryAll(
  jobs.filter((job) => !isEquivalent(job)),
  Number(values.threads),
  (job, outcome) => {
    results.push({ mutant: label(job), room: roomOf(job.path), ...outcome });
    if (outcome.state === 'survived' || outcome.state === 'unreached') console.log(`${outcome.state.padEnd(9)} ${label(job)}`);
    if (values.json) writeFileSync(values.json, JSON.stringify(results, null, 1));
  },
);
for (const job of jobs.filter(isEquivalent)) results.push({ mutant: label(job), room: roomOf(job.path), state: 'equivalent', ms: 0 });
if (values.json) writeFileSync(values.json, JSON.stringify(results, null, 1));

const columns = ['killed', 'endless', 'survived', 'unreached', 'equivalent'];
const count = (rows, state) => rows.filter((row) => row.state === state).length;
console.log(`\n${'room'.padEnd(10)}${columns.map((name) => name.padStart(12)).join('')}${'caught'.padStart(10)}`);
for (const room of [...rooms, 'all']) {
  const rows = room === 'all' ? results : results.filter((row) => row.room === room);
  const judged = rows.length - count(rows, 'equivalent');
  if (judged === 0) continue;
  const caught = (count(rows, 'killed') + count(rows, 'endless')) / judged;
  console.log(`${room.padEnd(10)}${columns.map((name) => String(count(rows, name)).padStart(12)).join('')}${`${(100 * caught).toFixed(1)}%`.padStart(10)}`);
}
