import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { program } from '../programs.js';

const root = join(import.meta.dirname, '..', '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const folder = mkdtempSync(join(tmpdir(), 'lastbit-nodes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** npm's own settings would be passed on otherwise: the node package has to run its install script. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** Path of a Node of that major version, fetched by npx. */
function nodeOf(version: string): string {
  const options = ['--yes', '--ignore-scripts=false', `--cache=${join(folder, 'cache')}`, '-p', `node@${version}`];
  const found = program('npx', [...options, 'node', '-p', 'process.execPath + " " + process.version'], {
    cwd: folder,
    timeout: 300_000,
    env,
  });
  const [path, got] = found.stdout.trim().split(' ');
  expect(got).toMatch(new RegExp(`^v${version}\\.`));
  return path;
}

/** The kernels give the same bits on every Node that is supported: their laws run on each. Needs the npm registry. */
it.each(['20', '22', '24'])(
  'the laws of the kernels hold on Node %s',
  (version) => {
    const run = program(nodeOf(version), [vitest, 'run', 'test/laws/kernel'], {
      cwd: root,
      timeout: 890_000,
      env: { ...env, LASTBIT_LONG: '', NO_COLOR: '1' },
    });
    expect(run.stdout).toMatch(/Tests +\d+ passed \(/);
    expect(run.status).toBe(0);
  },
  900_000,
);
