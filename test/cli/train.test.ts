import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readOnnx } from '../../src/networks/onnx/read.js';
import { digits } from '../../src/training/digits.js';
import { folderWith, lastbit, launcher, linesOf } from './command.js';

const FILES = ['steps.csv', 'epochs.csv', 'products.csv', 'gradients.csv', 'loss.svg', 'accuracy.svg', 'gradients.svg'];
const LUQ = ['train', '--recipe', 'luq', '--network', 'mlp', '--images', '400', '--judged', '100', '--epochs', '2'];
const read = (folder: string, out: string, name: string) => readFileSync(join(folder, out, name), 'utf8');

it('trains, and leaves tables, curves and a network', () => {
  const folder = folderWith();
  const { status, stdout, stderr } = lastbit(folder, [...LUQ, '--out', 'a']);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^luq on fp4-radix2: int4 forward/);
  expect(stdout).toMatch(/dense1 +weightGradient +fp4e3m0 +uint4 +fp4e3m0-uint4 +5017600/);
  for (const name of FILES) expect(existsSync(join(folder, 'a', name)), name).toBe(true);
  const steps = linesOf(folder, 'a/steps.csv');
  expect(steps).toHaveLength(17);
  expect(steps[0]).toContain('step,epoch,loss,accuracyPercent,lossScale,skipped,underflowPercent,overflowPercent');
  expect(linesOf(folder, 'a/epochs.csv')).toHaveLength(3);
  expect(readOnnx(readFileSync(join(folder, 'a/mlp-luq.onnx')), 'x').metadata.made).toContain('--recipe luq');
});

it('gives the same bits on two threads, and with a kill in the middle', async () => {
  const folder = folderWith();
  lastbit(folder, [...LUQ, '--out', 'one']);
  lastbit(folder, [...LUQ, '--out', 'two', '--threads', '2']);
  const child = spawn(process.execPath, [launcher, ...LUQ, '--out', 'killed'], { cwd: folder });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const checkpoint = join(folder, 'killed', 'checkpoint.bin');
  for (let waited = 0; !existsSync(checkpoint) && waited < 60_000; waited += 10)
    await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill('SIGKILL');
  await ended;
  expect(existsSync(checkpoint)).toBe(true);
  const again = lastbit(folder, [...LUQ, '--out', 'killed']);
  expect(again.stderr).toMatch(/^lastbit: goes on after \d+ of 16 steps\n$/);
  for (const out of ['two', 'killed']) {
    for (const name of FILES) expect(read(folder, out, name), `${out}/${name}`).toBe(read(folder, 'one', name));
    const bytes = (which: string) => readFileSync(join(folder, which, 'mlp-luq.onnx')).toString('base64');
    expect(bytes(out)).toBe(bytes('one'));
  }
  const other = lastbit(folder, [...LUQ, '--seed', '9', '--out', 'one']);
  expect(other.status).toBe(1);
  expect(other.stderr).toBe(
    'lastbit: one/checkpoint.bin belongs to another training run: take --fresh to begin again, or another --out\n',
  );
  rmSync(join(folder, 'one'), { recursive: true });
});

it('names what is wrong in one line', () => {
  const folder = folderWith();
  const cases: [string[], string][] = [
    [['--recipe', 'fp4-radix5'], 'there is no training recipe "fp4-radix5"; there are fp32, fp16-mixed'],
    [['--recipe', 'luq', '--network', 'lennet'], 'there is no network "lennet"; there are lenet, mlp, residual'],
    [
      ['--recipe', 'bnn', '--network', 'residual'],
      'network residual has no version with sign activations; take lenet or mlp',
    ],
    [['--recipe', 'luq', '--loss-scale', 'high'], '--loss-scale is none, dynamic or a positive factor, found "high"'],
    [['--recipe', 'luq', '--share', '0.5'], '--share goes with --teacher: leave it out'],
    [['--recipe', 'luq', '--temperature', '2'], '--temperature goes with --teacher: leave it out'],
    [['--recipe', 'luq', '--rate', '-1'], '--rate must be positive, found -1'],
    [['--recipe', 'luq', '--images', '10'], '--images must be a whole number of at least 50, found 10'],
    [
      ['--recipe', 'luq', '--network', 'mlp', '--target', 'int8', '--images', '50'],
      'layer dense1 multiplies uint4 x int4, and target int8 has units for int8 x int8: take another target, or a network quantized for this one',
    ],
  ];
  for (const [args, message] of cases) {
    const { status, stdout, stderr } = lastbit(folder, ['train', ...args]);
    expect(stderr.startsWith(`lastbit: ${message}`), stderr).toBe(true);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect([stdout, status === 0]).toEqual(['', false]);
  }
});

/** Digits in CSV, as a user would bring them. */
function csvOf(count: number): string {
  const { images, labels } = digits(count, 77);
  const rows = Array.from(labels, (label, i) =>
    [label, ...images.subarray(i * 784, (i + 1) * 784).map((pixel) => Math.round(pixel * 255))].join(','),
  );
  return `${rows.join('\n')}\n`;
}

it('trains a network of the user on images of the user, with a teacher', () => {
  const folder = folderWith({ 'mine.csv': csvOf(130), 'small.csv': '1,2,3,4,5\n'.repeat(60) });
  const models = join(import.meta.dirname, '..', '..', 'models');
  const args = ['train', '--images', '100', '--judged', '30', '--epochs', '1', '--data', 'mine.csv'];
  const float = join(models, 'digits-fp32.onnx');
  const tuned = lastbit(folder, [...args, '--recipe', 'lsq', '--network', float, '--out', 'a']);
  expect([tuned.status, tuned.stderr]).toEqual([0, '']);
  expect(readOnnx(readFileSync(join(folder, 'a/digits-fp32-lsq.onnx')), 'x').metadata.recipe).toContain('step sizes');
  const { judgedAccuracyPercent } = Object.fromEntries(
    linesOf(folder, 'a/epochs.csv')
      .map((line) => line.split(','))
      .reduce((head, row) => head.map((name, i) => `${name},${row[i]}`))
      .map((pair) => pair.split(',')),
  );
  expect(Number(judgedAccuracyPercent)).toBeGreaterThan(80); // it began with what the file knew
  const taught = lastbit(folder, [...args, '--recipe', 'sawb', '--network', 'mlp', '--teacher', float, '--json']);
  expect(JSON.parse(taught.stdout).plan).toMatchObject({
    teacher: float,
    distillation: { share: 0.5, temperature: 4 },
  });
  const cases: [string[], string][] = [
    [
      ['--recipe', 'distill-half', '--network', 'mlp'],
      'recipe distill-half learns from a teacher: name one with --teacher',
    ],
    [['--recipe', 'lsq', '--images', '131'], 'the data holds 130 images, 131 were asked for'],
    [
      ['--recipe', 'lsq', '--images', '50', '--judged', '10', '--data', 'small.csv'],
      'network lenet reads 1x28x28, the images are 1x2x2',
    ],
    [['--recipe', 'lsq', '--share', '2'], '--share must lie in 0 to 1, found 2'],
    [['--recipe', 'lsq', '--temperature', '0'], '--temperature must be positive, found 0'],
  ];
  for (const [more, message] of cases) {
    // A repeated option would be an array: the later one stands for the former.
    const kept = args.filter((arg, i) => !more.includes(arg) && !more.includes(args[i - 1]));
    expect(lastbit(folder, [...kept, ...more]).stderr).toBe(`lastbit: ${message}\n`);
  }
});
