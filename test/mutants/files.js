// Where the mutants are, and where the tests are that should kill them.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The rooms whose bits and figures people rely on, and those below them. */
export const ROOMS = ['text', 'random', 'wasm', 'formats', 'datapaths', 'gates', 'arrays', 'energy', 'data', 'networks', 'quantize', 'training', 'targets', 'simulate', 'outputs'];

function under(folder, ending) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

/** Source files of a room, from the root. */
export const sourcesOf = (room) => under(join('src', room), '.ts');

/** Undefined for files of no room that is mutated. */
export const roomOf = (path) => ROOMS.find((room) => path.startsWith(`src/${room}/`));

/** Each file of tests has a process of its own: what one has loaded, changed or entered is nothing to another. */
export const ALONE = {
  root: ROOT,
  config: false,
  watch: false,
  reporters: [{}],
  pool: 'forks',
  maxWorkers: '100%',
  isolate: true,
  include: ['test/**/*.test.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

/** What `npm test` runs, but for what only looks at the text of the sources. */
export const testsOf = () => under('test', '.test.ts').filter((path) => !/^test\/((long|package|mutants)\/|architecture|limits)/.test(path));

export const readSource = (path) => readFileSync(join(ROOT, path), 'utf8');

export const digestOf = (path) => createHash('sha1').update(readSource(path)).digest('hex');
