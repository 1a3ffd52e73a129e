import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, lastbit, launcher, linesOf } from './command.js';

const models = join(import.meta.dirname, '..', '..', 'models');
const SPACE = `
networks: [${models}/digits-e4m3fn.onnx, ${models}/digits-int8.onnx]
datapaths: [fp8-fp16, fp8-fp32]
rows: [4, 16]
dataflow: [os, ws]
images: 20
`;

it('rows come in the order of the file, whatever the number of threads', () => {
  const folder = folderWith({ 'space.yaml': SPACE });
  const runs = [1, 2].map((threads) =>
    lastbit(folder, ['sweep', 'space.yaml', '--out', `t${threads}`, '--threads', `${threads}`]),
  );
  expect(runs.map(({ status }) => status)).toEqual([0, 0]);
  expect(linesOf(folder, 't1/sweep.csv')).toEqual(linesOf(folder, 't2/sweep.csv'));
  const points = linesOf(folder, 't1/sweep.csv')
    .slice(1)
    .map((line) => line.split(',').slice(1, 5).join(' '));
  expect(points).toEqual(
    ['fp8-fp16', 'fp8-fp32'].flatMap((unit) =>
      [4, 16].flatMap((rows) => ['os', 'ws'].map((dataflow) => `${unit} ${rows} 16 ${dataflow}`)),
    ),
  );
  expect(runs[0].stderr).toContain('skipped');
});

it('a sweep that was killed goes on, and ends as if it never had been', { timeout: 120_000 }, async () => {
  const folder = folderWith({ 'space.yaml': SPACE });
  const args = [launcher, 'sweep', 'space.yaml', '--out', 'out', '--threads', '1'];
  const first = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
  const ended = new Promise((resolve) => first.on('exit', resolve));
  const journal = join(folder, 'out', 'journal.ndjson');
  const lines = () => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').length - 1 : 0);
  while (lines() < 3 && first.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  first.kill('SIGKILL');
  await ended;
  expect(existsSync(join(folder, 'out', 'sweep.csv'))).toBe(false);
  const done = lines() - 1;
  expect(done).toBeGreaterThan(1);
  const second = lastbit(folder, ['sweep', 'space.yaml', '--out', 'out']);
  expect(second.status).toBe(0);
  expect(second.stderr).toContain(`goes on after ${done} of 6 runs`);
  lastbit(folder, ['sweep', 'space.yaml', '--out', 'whole']);
  expect(linesOf(folder, 'out/sweep.csv')).toEqual(linesOf(folder, 'whole/sweep.csv'));
});

it('other inputs than the journal’s are refused', () => {
  const folder = folderWith({
    'a.yaml': `networks: ${models}/digits-int8.onnx\ndatapaths: int8\nimages: 2\n`,
    'b.yaml': `networks: ${models}/digits-int8.onnx\ndatapaths: int8\nimages: 3\n`,
  });
  expect(lastbit(folder, ['sweep', 'a.yaml', '--out', 'out']).status).toBe(0);
  const other = lastbit(folder, ['sweep', 'b.yaml', '--out', 'out']);
  expect([other.status, other.stderr.trim().split('\n').length]).toEqual([1, 1]);
  expect(other.stderr).toContain('--fresh');
  expect(lastbit(folder, ['sweep', 'b.yaml', '--out', 'out', '--fresh']).status).toBe(0);
});
