import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { digits } from '../../src/training/data/digits.js';
import { answered } from './answered.js';
import { folderWith, lastbit, linesOf } from './command.js';
import { contentsOf, expectNothingChanges, expectSameAfterKills, KILLS } from './killed.js';

const FILES = ['steps.csv', 'epochs.csv', 'products.csv', 'gradients.csv', 'loss.svg', 'accuracy.svg', 'gradients.svg'];
const LUQ = ['train', '--recipe', 'luq', '--network', 'mlp', '--images', '200', '--judged', '50', '--epochs', '2'];
const float = join(import.meta.dirname, '..', '..', 'models', 'digits-fp32.onnx');

it('trains, and leaves tables, curves and a network', () => {
  const folder = folderWith();
  const { status, stdout, stderr } = lastbit(folder, [...LUQ, '--out', 'a']);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^luq on fp4-radix2: int4 forward/);
  expect(stdout).toMatch(/dense1 +weightGradient +fp4e3m0 +uint4 +fp4e3m0-uint4 +5017600/);
  for (const name of FILES) expect(existsSync(join(folder, 'a', name)), name).toBe(true);
  const steps = linesOf(folder, 'a/steps.csv');
  expect(steps).toHaveLength(9);
  expect(steps[0]).toContain('step,epoch,loss,accuracyPercent,lossScale,skipped,underflowPercent,overflowPercent');
  expect(linesOf(folder, 'a/epochs.csv')).toHaveLength(3);
  expect(readOnnx(readFileSync(join(folder, 'a/mlp-luq.onnx')), 'x').metadata.made).toContain('--recipe luq');
});

it('gives the same bits on two threads', () => {
  const folder = folderWith();
  lastbit(folder, [...LUQ, '--out', 'one']);
  lastbit(folder, [...LUQ, '--out', 'two', '--threads', '2']);
  expect(contentsOf(join(folder, 'two'))).toEqual(contentsOf(join(folder, 'one')));
});

it('a training that was killed goes on, and ends with the same bits', { timeout: 300_000 }, async () => {
  const more = LUQ.map((word) => (word === '200' ? '500' : word));
  await expectSameAfterKills(folderWith(), more, { kills: KILLS, seed: 3 });
});

it('a finished training changes nothing when it is run again, and one whose files are gone writes them again', () => {
  const folder = folderWith();
  const args = [...LUQ, '--out', 'a'];
  expectNothingChanges(folder, args, 'a');
  expect(linesOf(folder, 'a/products.csv').length).toBeGreaterThan(5);
  const json = answered(folder, [...args, '--json']).stdout;
  expect(JSON.parse(json).products.length).toBeGreaterThan(5);
  const whole = contentsOf(join(folder, 'a'));
  for (const name of Object.keys(whole)) if (name !== 'checkpoint.bin') rmSync(join(folder, 'a', name));
  expect(answered(folder, args)).toMatchObject({ status: 0, stderr: '' });
  expect(contentsOf(join(folder, 'a'))).toEqual(whole);
});

it('another training in the same folder is refused, with what it has otherwise', { timeout: 240_000 }, () => {
  const folder = folderWith({ 'data.csv': dataCsv(0), 'own.yaml': OWN_TARGET });
  cpSync(float, join(folder, 'teacher.onnx'));
  const args = ['train', '--recipe', 'lsq', '--network', 'mlp', '--images', '60', '--batch', '30', '--judged', '10'];
  const run = (...more: string[]) => answered(folder, [...args, '--out', 'a', '--arithmetic', 'float', ...more]);
  const refused = (difference: string) => ({
    status: 2,
    stdout: '',
    stderr: `lastbit: a/checkpoint.bin belongs to another training run (${difference}): take --fresh to begin again, or another --out\n`,
  });
  const files = ['--data', 'data.csv', '--target', './own.yaml', '--teacher', 'teacher.onnx', '--epochs', '1'];
  expect(run(...files)).toMatchObject({ status: 0, stderr: '' });
  expect(run(...files, '--threads', '2', '--json')).toMatchObject({ status: 0, stderr: '' });
  const kept = contentsOf(join(folder, 'a'));
  const without = (name: string) => files.filter((word, i) => word !== name && files[i - 1] !== name);
  expect(run(...without('--epochs'), '--epochs', '2')).toEqual(refused('--epochs was 1, is 2'));
  expect(run(...files, '--seed', '9')).toEqual(refused('--seed was 1, is 9'));
  expect(run(...files, '--rate', '0.5')).toEqual(refused("--rate was the recipe's, is 0.5"));
  expect(run(...files, '--share', '0.25')).toEqual(refused('--share was 0.5, is 0.25'));
  const edit = (name: string, content: string | Buffer, difference: string) => {
    const before = readFileSync(join(folder, name));
    writeFileSync(join(folder, name), content);
    expect(run(...files), name).toEqual(refused(difference));
    writeFileSync(join(folder, name), before);
  };
  edit('data.csv', dataCsv(1), '--data has other contents since');
  edit('own.yaml', OWN_TARGET.replace('rows: 16', 'rows: 8'), '--target has other contents since');
  cpSync(join(folder, 'teacher.onnx'), join(folder, 'other.onnx'));
  expect(run(...without('--teacher'), '--teacher', 'other.onnx')).toMatchObject({ status: 0 }); // the same bytes
  expect(run(...files)).toMatchObject({ status: 0 });
  expect(contentsOf(join(folder, 'a'))).toEqual(kept);
  expect(run(...files, '--seed', '9', '--fresh')).toMatchObject({ status: 0 });
});

const OWN_TARGET = `array: {rows: 16, cols: 16, dataflow: os}
datapath: {a: uint4, b: int4, sum: {format: int32, overflow: wrap}}
memories: {a: 32, b: 128, sum: 32}
clockMhz: 500
energy: {table: horowitz-45nm, entries: [{action: "mac:uint4*int4+int32", pj: 0.1, source: s, node: 45 nm}]}
`;

/** Images of 28 x 28 with labels, of which one pixel is given. */
function dataCsv(pixel: number): string {
  const cells = (of: (k: number) => string | number) => Array.from({ length: 784 }, (_, k) => of(k)).join(',');
  const rows = Array.from({ length: 70 }, (_, i) => `${i % 10},${cells((k) => (k === 0 ? pixel : (k * i) % 256))}`);
  return `label,${cells((k) => `p${k}`)}\n${rows.join('\n')}\n`;
}

it('a damaged checkpoint is named, whichever byte it is', () => {
  const folder = folderWith();
  const args = ['train', '--recipe', 'luq', '--network', 'mlp', '--images', '50', '--judged', '10', '--epochs', '1'];
  answered(folder, [...args, '--out', 'a']);
  const path = join(folder, 'a', 'checkpoint.bin');
  const bytes = readFileSync(path);
  const end = bytes.indexOf(0x0a);
  for (const at of [2, Math.floor(end / 2), end, end + 9, bytes.length - 1]) {
    const damaged = Buffer.from(bytes);
    damaged[at] ^= 4;
    writeFileSync(path, damaged);
    const { status, stdout, stderr } = answered(folder, [...args, '--out', 'a']);
    expect([status, stdout], String(at)).toEqual([2, '']);
    expect(stderr).toMatch(/^lastbit: a\/checkpoint\.bin.* take --fresh to begin again.*\n$/);
  }
  writeFileSync(path, bytes.subarray(0, bytes.length - 8));
  expect(answered(folder, [...args, '--out', 'a']).stderr).toMatch(/checkpoint\.bin ends within .*--fresh/);
});

it('names what is wrong in one line', () => {
  const folder = folderWith();
  const cases: [string[], string][] = [
    [['--recipe', 'fp4-radix5'], 'there is no training recipe "fp4-radix5"; there are fp32, fp16-mixed'],
    [
      ['--recipe', 'luq', '--network', 'lennet'],
      'there is no network "lennet"; there are lenet, mlp, residual, separable',
    ],
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
      ['--recipe', 'luq', '--batch', '500', '--images', '100'],
      '--batch 500 is more than the 100 --images that there are: take fewer in a step',
    ],
    [['--recipe', 'luq', '--batch', '0'], '--batch must be a whole number of at least 1, found 0'],
    [['--recipe', 'int8'], 'int8 is a recipe of quantize: take "lastbit quantize NET.onnx --recipe int8"'],
    [
      ['--recipe', 'luq', '--network', 'mlp', '--target', 'int8', '--images', '50'],
      'layer dense1 multiplies uint4 x int4, and target int8 has units for int8 x int8: take another target, or a network quantized for this one',
    ],
  ];
  for (const [args, message] of cases) {
    const { status, stdout, stderr } = answered(folder, ['train', ...args]);
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
  const args = ['train', '--images', '100', '--judged', '30', '--epochs', '1', '--data', 'mine.csv'];
  const tuned = answered(folder, [...args, '--recipe', 'lsq', '--network', float, '--out', 'a']);
  expect([tuned.status, tuned.stderr]).toEqual([0, '']);
  expect(readOnnx(readFileSync(join(folder, 'a/digits-fp32-lsq.onnx')), 'x').metadata.recipe).toContain('step sizes');
  const { judgedAccuracyPercent } = Object.fromEntries(
    linesOf(folder, 'a/epochs.csv')
      .map((line) => line.split(','))
      .reduce((head, row) => head.map((name, i) => `${name},${row[i]}`))
      .map((pair) => pair.split(',')),
  );
  expect(Number(judgedAccuracyPercent)).toBeGreaterThan(80); // it began with what the file knew
  const taught = answered(folder, [...args, '--recipe', 'sawb', '--network', 'mlp', '--teacher', float, '--json']);
  expect(JSON.parse(taught.stdout).plan).toMatchObject({
    teacher: float,
    distillation: { share: 0.5, temperature: 4 },
  });
  const cases: [string[], string][] = [
    [
      ['--recipe', 'distill-half', '--network', 'mlp'],
      'recipe distill-half learns from a teacher: name one with --teacher',
    ],
    [['--recipe', 'lsq', '--images', '131'], 'mine.csv holds 130 images, 131 were asked for'],
    [
      ['--recipe', 'lsq', '--images', '50', '--judged', '10', '--data', 'small.csv'],
      'small.csv:1: 5 fields, and input "image" reads Nx1x28x28 (float32), 784 numbers: a line has these, and may have a label before them',
    ],
    [['--recipe', 'lsq', '--share', '2'], '--share must lie in 0 to 1, found 2'],
    [['--recipe', 'lsq', '--temperature', '0'], '--temperature must be positive, found 0'],
  ];
  for (const [more, message] of cases) {
    // A repeated option would be an array: the later one stands for the former.
    const kept = args.filter((arg, i) => !more.includes(arg) && !more.includes(args[i - 1]));
    expect(answered(folder, [...kept, ...more]).stderr).toBe(`lastbit: ${message}\n`);
  }
});
