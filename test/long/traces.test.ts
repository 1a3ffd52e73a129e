import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { program } from '../programs.js';

const root = join(import.meta.dirname, '..', '..');

it.each([1, 2])('the main job writes traces/ again, on %d threads', { timeout: 600_000 }, (threads) => {
  const out = mkdtempSync(join(tmpdir(), 'lastbit-traces-'));
  try {
    const command = [join(root, 'src/cli/lastbit.js'), 'demo', '--out', out, '--threads', String(threads)];
    const { status, stderr } = program(process.execPath, command, { cwd: root, timeout: 590_000 });
    expect([status, stderr]).toEqual([0, '']);
    for (const name of ['six.csv', 'six.layers.csv'])
      expect(readFileSync(join(out, name), 'utf8')).toBe(readFileSync(join(root, 'traces', name), 'utf8'));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
