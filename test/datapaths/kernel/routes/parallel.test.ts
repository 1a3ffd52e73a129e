import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const dist = join(root, 'dist', 'datapaths');

/** Workers run what was compiled, so this compares threads with one thread in a process of its own. */
const script = `
const { compileGemm, gemmPool } = await import('${dist}/kernel/index.js');
const { datapathNamed } = await import('${dist}/catalog.js');
const pool = gemmPool(3);
const codes = (length, step) => Uint8Array.from({ length }, (_, i) => (i * step) % 120 + 128 * ((i * 7) % 2));
const differences = ['int8', 'fp8-fp16', 'fp8-fp32', 'hopper-e4m3fn-fp32'].flatMap((name) => {
  const gemm = compileGemm(datapathNamed(name));
  // Threads' memory is used again, grows, and has what larger products left in it.
  return [[301, 130, 256], [64, 700, 300], [301, 130, 256], [9, 4100, 128]].map(([m, n, k]) => {
    const job = { m, n, k, a: codes(m * k, 31), b: codes(k * n, 17), c: gemm.sums({ m, n, k, a: codes(m * k, 3), b: codes(k * n, 7) }) };
    const [x, y] = [gemm.sums(job), pool.sums(gemm, job)];
    return x.length === m * n && x.some((code) => code !== 0) ? x.reduce((count, code, i) => count + Number(code !== y[i]), 0) : -1;
  });
});
pool.close();
console.log(JSON.stringify(differences));
`;

it('threads give the sums that one thread gives', () => {
  expect(existsSync(join(dist, 'kernel', 'routes', 'worker.js'))).toBe(true);
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 60_000 });
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual(Array.from({ length: 16 }, () => 0));
});
