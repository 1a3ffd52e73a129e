import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { answered } from './answered.js';
import { folderWith, lastbit, launcher, linesOf } from './command.js';
import { expectNothingChanges, expectSameAfterKills, KILLS } from './killed.js';

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

it('a sweep that was killed goes on, and ends as if it never had been', { timeout: 300_000 }, async () => {
  const folder = folderWith({ 'space.yaml': SPACE.replace('images: 20', 'images: 40') });
  await expectSameAfterKills(folder, ['sweep', 'space.yaml', '--threads', '1'], {
    kills: KILLS,
    seed: 11,
    without: ['journal.ndjson'],
  });
});

it('says how far it was, and does not do it again', { timeout: 120_000 }, async () => {
  const folder = folderWith({ 'space.yaml': SPACE });
  const args = ['sweep', 'space.yaml', '--out', 'out', '--threads', '1'];
  answered(folder, args);
  const journal = join(folder, 'out', 'journal.ndjson');
  const lines = readFileSync(journal, 'utf8').split('\n');
  expect(lines).toHaveLength(1 + 6 + 1);
  writeFileSync(journal, `${lines.slice(0, 3).join('\n')}\n${lines[3].slice(0, 40)}`);
  const csv = linesOf(folder, 'out/sweep.csv');
  rmSync(join(folder, 'out', 'sweep.csv'));
  const second = answered(folder, args);
  expect(second).toMatchObject({ status: 0 });
  expect(second.stderr).toContain('lastbit: goes on after 2 of 6 runs\n');
  expect(linesOf(folder, 'out/sweep.csv')).toEqual(csv);
  expect(readFileSync(journal, 'utf8').startsWith(lines.slice(0, 3).join('\n'))).toBe(true);
});

it('a finished sweep changes nothing when it is run again', () => {
  const folder = folderWith({ 'space.yaml': SPACE });
  expectNothingChanges(folder, ['sweep', 'space.yaml', '--out', 'out', '--threads', '1'], 'out');
});

const UNIT = 'a: e4m3fn\nb: e4m3fn\nsum: {format: fp16, rounding: rne}\n';
const OWN = 'networks: net.onnx\ndatapaths: [fp8-fp32, unit.yaml]\nimages: 5\n';

/** The same folder with its files as they are now, judged from nothing. */
const afresh = (folder: string) => {
  answered(folder, ['sweep', 'own.yaml', '--out', 'afresh', '--fresh', '--threads', '1']);
  return linesOf(folder, 'afresh/sweep.csv');
};

it('whatever an input became, the numbers are those of the input', { timeout: 240_000 }, () => {
  const folder = folderWith({ 'own.yaml': OWN, 'unit.yaml': UNIT });
  const put = (name: string, model: string) => cpSync(join(models, model), join(folder, name));
  put('net.onnx', 'digits-e4m3fn.onnx');
  const sweep = () => answered(folder, ['sweep', 'own.yaml', '--out', 'out', '--threads', '1']);
  expect(sweep()).toMatchObject({ status: 0, stderr: '' });
  const first = linesOf(folder, 'out/sweep.csv');
  const steps: [string, () => void, RegExp][] = [
    [
      'the datapath',
      () => writeFileSync(join(folder, 'unit.yaml'), UNIT.replace('rne', 'rtz')),
      /^lastbit: unit\.yaml changed since the last run: 1 run of 2 to do\n$/,
    ],
    ['the images', () => writeFileSync(join(folder, 'own.yaml'), OWN.replace('5', '6')), /^$/],
    [
      'the float network',
      () => {
        put('float.onnx', 'digits-fp32.onnx');
        writeFileSync(join(folder, 'own.yaml'), `${OWN}reference: float.onnx\n`);
      },
      /^$/,
    ],
    ['its content', () => put('float.onnx', 'digits-int8.onnx'), /^lastbit: float\.onnx changed since/],
    [
      'the energy table',
      () => writeFileSync(join(folder, 'own.yaml'), `${OWN}reference: float.onnx\nenergy: horowitz-45nm-ihp130\n`),
      /^$/,
    ],
    ['the network', () => put('net.onnx', 'digits-mixed.onnx'), /./],
  ];
  let last = first;
  for (const [what, change, said] of steps) {
    change();
    const { status, stderr } = sweep();
    if (what === 'the network' || what === 'its content') expect([0, 2], what).toContain(status);
    else expect(status, what).toBe(0);
    expect(stderr, what).toMatch(said);
    if (status !== 0) continue;
    const now = linesOf(folder, 'out/sweep.csv');
    expect(now, what).not.toEqual(last);
    expect(now, what).toEqual(afresh(folder));
    last = now;
  }
  writeFileSync(join(folder, 'unit.yaml'), UNIT);
  writeFileSync(join(folder, 'own.yaml'), OWN);
  put('net.onnx', 'digits-e4m3fn.onnx');
  expect(sweep()).toMatchObject({ status: 0, stderr: '' });
  expect(linesOf(folder, 'out/sweep.csv')).toEqual(first);
});

it('a journal of another build is not mixed with this one’s, and a damaged one is named', () => {
  const folder = folderWith({ 'a.yaml': `networks: ${models}/digits-int8.onnx\ndatapaths: int8\nimages: 2\n` });
  const sweep = (...more: string[]) => answered(folder, ['sweep', 'a.yaml', '--out', 'out', ...more]);
  expect(sweep().status).toBe(0);
  const journal = join(folder, 'out', 'journal.ndjson');
  const [head, line] = readFileSync(journal, 'utf8').split('\n');
  writeFileSync(journal, `{"build":"0"}\n${line.replace(/"accuracy":[0-9.]+/, '"accuracy":0.125')}\n`);
  expect(sweep()).toMatchObject({ status: 0, stderr: expect.stringContaining('was kept by another build of lastbit') });
  expect(readFileSync(journal, 'utf8')).toBe(`${head}\n${line}\n`);
  writeFileSync(journal, `${head}\n${line.replace(/"accuracy":[0-9.]+/, '"accuracy":0.125')}\n`);
  expect(sweep()).toEqual({
    status: 2,
    stdout: '',
    stderr: 'lastbit: out/journal.ndjson:2: the journal is damaged: take --fresh to begin again\n',
  });
  expect(sweep('--fresh').status).toBe(0);
});

it('one sweep at a time works in a folder, and the other says which', { timeout: 180_000 }, async () => {
  const folder = folderWith({ 'space.yaml': SPACE.replace('images: 20', 'images: 100') });
  const args = [launcher, 'sweep', 'space.yaml', '--out', 'deep/out', '--threads', '1'];
  const started = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], timeout: 150_000 });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, ended: code.then((status) => ({ status, stderr, pid: child.pid })) };
  });
  const first = await Promise.race(started.map(({ ended }) => ended));
  expect(first.status).toBe(2);
  const [, holder] =
    /^lastbit: deep\/out is in use by process (\d+) on \S+: wait for it, or take another --out\n$/m.exec(
      first.stderr,
    ) ?? ['', 'none'];
  expect(started.map(({ child }) => String(child.pid))).toContain(holder);
  const results = await Promise.all(started.map(({ ended }) => ended));
  expect(results.filter(({ status }) => status === 0).map(({ pid }) => String(pid))).toEqual([holder]);
  expect(results.filter(({ status }) => status === 2)).toHaveLength(3);
  expect(readdirSync(join(folder, 'deep', 'out')).sort()).toEqual(['journal.ndjson', 'sweep.csv']);
});

it('leaves no lock and no empty folder when it fails or is stopped', { timeout: 60_000 }, async () => {
  const folder = folderWith({
    'none.yaml': `networks: ${models}/digits-e4m3fn.onnx\ndatapaths: int8\n`,
    'space.yaml': SPACE.replace('images: 20', 'images: 2000'),
  });
  expect(lastbit(folder, ['sweep', 'none.yaml', '--out', 'a/b']).status).toBe(2);
  expect(existsSync(join(folder, 'a'))).toBe(false);
  const child = spawn(process.execPath, [launcher, 'sweep', 'space.yaml', '--out', 'a/b', '--threads', '1'], {
    cwd: folder,
    timeout: 50_000,
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  while (!existsSync(join(folder, 'a', 'b', '.lastbit.lock')) && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill('SIGTERM');
  expect(await ended).toBe(143);
  expect(existsSync(join(folder, 'a'))).toBe(false);
});
