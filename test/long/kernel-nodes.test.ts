import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** The kernels give the same bits on every Node that is supported: their laws are run on each. Needs the npm registry. */
it.each(['20', '22', '24'])(
  'the laws of the kernels hold on Node %s',
  (version) => {
    const node = ['-y', '-p', `node@${version}`, 'node'];
    const found = spawnSync('npx', [...node, '--version'], { cwd: root, encoding: 'utf8' });
    expect(found.stdout).toMatch(new RegExp(`^v${version}\\.`));
    const env = { ...process.env, LASTBIT_LONG: '' };
    const run = spawnSync('npx', [...node, vitest, 'run', 'test/laws/kernel'], { cwd: root, encoding: 'utf8', env });
    expect(run.stdout).toMatch(/Tests .*\d+ passed/);
    expect(run.status).toBe(0);
  },
  900_000,
);
