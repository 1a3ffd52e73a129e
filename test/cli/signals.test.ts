import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nameOf } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { LIBERTY } from '../gates/cells.js';
import { folderWith, launcher, lastbit } from './command.js';

/** What a stopped command may take to end. */
const MOST_MS = 500;
/** When it is stopped: past its start, and before the end of every job below; in processor time, where the system tells, too. */
const WORKING_MS = 1000;
const WORKED_MS = 600;
const TICKS_A_SECOND = 100;

/** Until a second has gone by, or the process has worked for a while. */
async function hasWorked(pid: number): Promise<void> {
  const stat = `/proc/${pid}/stat`;
  for (let waited = 0, worked = 0; waited < WORKING_MS && worked < WORKED_MS; waited += 25) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    if (!existsSync(stat)) continue;
    // After the name, which may hold anything, user and system time are the twelfth and thirteenth field (proc(5)).
    const fields = readFileSync(stat, 'utf8').replace(/.*\) /s, '').split(' ');
    worked = ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_A_SECOND;
  }
}

interface Job {
  words: string;
  /** Input that never ends. */
  input?: string;
  /** What may stay: the folder, and the journal or checkpoint in it. */
  stays?: readonly string[];
}

const WIDE =
  'name: wide\narray: {rows: 256, cols: 256, dataflow: os}\ndatapath: int8\nmemories: {a: 32, b: 128, sum: 32}\nclockMhz: 500\nenergy: horowitz-45nm\n';
const SPACE = 'networks: models/digits-radix4.onnx\ndatapaths: [radix4-fp16, radix4]\nimages: 100000\n';
const TOPOLOGY = `Layer,M,N,K,\n${Array.from({ length: 1_000_000 }, (_, i) => `layer${i},${1 + (i % 999)},77,1234,`).join('\n')}\n`;

/** A library that takes many times longer to read than the command is given. */
const MANY_CELLS = LIBERTY.replace(
  /\n}\s*$/,
  `${'cell (x) { area : 1; pin (a) { direction : input; } }\n'.repeat(400_000)}}`,
);

/** A job of every command that takes many times longer than it is given. */
const JOBS: Readonly<Record<string, Job>> = {
  run: { words: 'run models/digits-radix4.onnx --target radix4-fp16 --images 100000 --out out' },
  sweep: { words: 'sweep space.yaml --out out', stays: ['out', 'out/journal.ndjson'] },
  study: { words: 'study models/digits-fp32.onnx --images 100000 --out out', stays: ['out'] },
  train: { words: 'train --recipe lsq --epochs 100 --out out', stays: ['out', 'out/checkpoint.bin'] },
  cycles: { words: 'cycles net.csv --rows 16 --cols 16 --dataflow os --out out.csv' },
  trace: { words: 'trace models/digits-int8.onnx --layer conv1 --target wide.yaml --cycles 0-99999 --out out.csv' },
  demo: { words: 'demo --images 100000 --out out' },
  models: { words: 'models --out out' },
  quantize: { words: 'quantize models/digits-fp32.onnx --recipe int4-gptq --images 20000 --out out.onnx' },
  convert: { words: 'convert --from fp16 --to fp32 --input - --output out.csv', input: 'code\n' },
  eval: { words: 'eval --datapath fp8-fp16 --input - --output out.csv', input: 'a,b,c\n' },
  check: { words: 'check --datapath fp8-fp16 --input - --dut dut.csv', input: 'a,b,c\n38,38,0\n' },
  accumulate: { words: 'accumulate --datapath blackwell-nvf4 --lengths 1..16777216 --output out.csv' },
  vectors: { words: 'vectors fp8-fp16 --count 100000000 --out out' },
  gates: { words: 'gates int8 --library cells.lib --out out' },
  rtl: { words: 'rtl fp8-fp16 --count 100000000 --out out' },
};

/** These end at once, whatever they are given. */
const QUICK = ['init', ...COMMANDS.filter(({ quick }) => quick).map(nameOf)];

it('every command has a job here, or ends at once', () => {
  expect([...Object.keys(JOBS), ...QUICK].sort()).toEqual(COMMANDS.map(nameOf).sort());
});

async function stopped({ words, input, stays = [] }: Job, signal: 'SIGINT' | 'SIGTERM') {
  const folder = folderWith({ 'space.yaml': SPACE, 'wide.yaml': WIDE, 'dut.csv': 'result\n3c00\n' });
  if (words.includes('net.csv')) writeFileSync(join(folder, 'net.csv'), TOPOLOGY);
  if (words.includes('cells.lib')) writeFileSync(join(folder, 'cells.lib'), MANY_CELLS);
  const before = entries(folder);
  const child = spawn(process.execPath, [launcher, ...words.split(' ')], { cwd: folder, timeout: 60_000 });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  if (input !== undefined) child.stdin.write(input);
  await hasWorked(child.pid as number);
  expect(child.exitCode, `${words} ended before it was stopped: ${said}`).toBe(null);
  const start = performance.now();
  const ended = once(child, 'exit');
  child.kill(signal);
  const [code] = (await ended) as [number];
  const left = entries(folder).filter((name) => !before.includes(name));
  return { code, ms: performance.now() - start, said, left: left.filter((name) => !stays.includes(name)) };
}

const entries = (folder: string) => readdirSync(folder, { recursive: true }) as string[];

it.each(Object.entries(JOBS))(
  '%s stops on SIGINT and SIGTERM within half a second and leaves nothing unfinished',
  async (_name, job) => {
    const results = await Promise.all([stopped(job, 'SIGINT'), stopped(job, 'SIGTERM')]);
    const remark = (signal: string) => `lastbit: stopped by ${signal}; what was not finished has been removed\n`;
    expect(results.map(({ ms: _ms, ...rest }) => rest)).toEqual([
      { code: 130, left: [], said: expect.stringContaining(remark('SIGINT')) },
      { code: 143, left: [], said: expect.stringContaining(remark('SIGTERM')) },
    ]);
    for (const { ms } of results) expect(ms).toBeLessThan(MOST_MS);
  },
);

it('the package that maps in place of a program ends with the command', async () => {
  const folder = folderWith({ 'cells.lib': LIBERTY });
  const place = join(folder, 'node_modules/@yowasp/yosys');
  for (const made of [place, join(folder, 'tmp')]) mkdirSync(made, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{"type": "module", "exports": "./own.js"}');
  const pid = join(folder, 'pid');
  writeFileSync(
    join(place, 'own.js'),
    `import { writeFileSync } from 'node:fs';
    export function runYosys() { writeFileSync(${JSON.stringify(pid)}, String(process.pid)); for (;;); }`,
  );
  const child = spawn(process.execPath, [launcher, 'gates', 'int4', '--library', 'cells.lib'], {
    cwd: folder,
    env: { ...process.env, PATH: folder, TMPDIR: join(folder, 'tmp') },
    timeout: 60_000,
  });
  while (!existsSync(pid) || readFileSync(pid, 'utf8') === '') await new Promise((resolve) => setTimeout(resolve, 25));
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([143, null]);
  expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  await expect.poll(() => isRunning(Number(readFileSync(pid, 'utf8')))).toBe(false);
});

/** A process that nobody has looked after yet is a zombie, and has ended. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || !/^State:\tZ/m.test(readFileSync(status, 'utf8'));
}

it('a command that is given nothing to read does not wait for standard input', () => {
  expect(lastbit(folderWith(), ['cycles', 'none.csv', '--rows', '1', '--cols', '1', '--dataflow', 'os']).status).toBe(
    2,
  );
});
