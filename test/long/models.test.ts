import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RESULT_SCHEMAS } from '../../src/outputs/tables/schemas.js';

const root = join(import.meta.dirname, '..', '..');

it('models trains the networks again, bit for bit, and says so in JSON', { timeout: 1_200_000 }, () => {
  const out = mkdtempSync(join(tmpdir(), 'lastbit-models-'));
  try {
    const command = [join(root, 'src/cli/lastbit.js'), 'models', '--out', out, '--json'];
    const { status, stdout } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 1_100_000 });
    expect(status).toBe(0);
    const json = JSON.parse(stdout);
    expect(RESULT_SCHEMAS['models-result'].safeParse(json).success).toBe(true);
    const names = readdirSync(join(root, 'models')).filter((name) => name.endsWith('.onnx'));
    expect(json.rows.map(({ name }: { name: string }) => `${name}.onnx`).sort()).toEqual(names.sort());
    for (const name of names)
      expect(readFileSync(join(out, name)).equals(readFileSync(join(root, 'models', name)))).toBe(true);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
