import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const dist = join(root, 'dist', 'datapaths');

/** Workers run what was compiled, so this compares threads with one thread in a process of its own. */
const script = `
const { compileGemm, parallelGemm } = await import('${dist}/kernel/index.js');
const { datapathNamed } = await import('${dist}/catalog.js');
const differences = ['int8', 'fp8-fp16', 'fp8-fp32', 'hopper-e4m3fn-fp32'].map((name) => {
  const alone = compileGemm(datapathNamed(name));
  const many = parallelGemm(alone, 3);
  const [m, n, k] = [301, 130, 256];
  const codes = (length, step) => Uint8Array.from({ length }, (_, i) => (i * step) % 120 + 128 * ((i * 7) % 2));
  const job = { m, n, k, a: codes(m * k, 31), b: codes(k * n, 17) };
  const [x, y] = [alone.sums(job), many.sums(job)];
  many.close();
  return x.length === m * n && x.some((code) => code !== 0) ? x.reduce((count, code, i) => count + Number(code !== y[i]), 0) : -1;
});
console.log(JSON.stringify(differences));
`;

it('threads give the sums that one thread gives', () => {
  expect(existsSync(join(dist, 'kernel', 'worker.js'))).toBe(true);
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 60_000 });
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual([0, 0, 0, 0]);
});
