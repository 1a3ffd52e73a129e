import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bytesOf, op, tensor } from '../networks/readers/onnx/graphs.js';
import { answered } from './answered.js';
import { folderWith, npy } from './command.js';

/** A user's own network, as quantizers write it, and his own data. */

const WEIGHTS = [
  [3, -5, 7, 1],
  [-128, 127, 2, -2],
  [0, 9, -9, 64],
];
const BIAS = [12, -300, 7];
const [SX, SW, SY, ZY] = [0.5, 0.25, 2, 3];

/** x [N, 4] -> codes -> a product with int8 weights and int32 bias -> codes -> real numbers, and a sigmoid beside the array. */
const own = (sigmoid = 'Sigmoid') =>
  bytesOf({
    nodes: [
      op('QuantizeLinear', 'x sx zx', 'xq'),
      op('DequantizeLinear', 'xq sx zx', 'xd'),
      op('DequantizeLinear', 'w sw zx', 'wd'),
      op('DequantizeLinear', 'b sb', 'bd'),
      op('Gemm', 'xd wd bd', 'y', { transB: 1 }),
      op('QuantizeLinear', 'y sy zy', 'yq'),
      op('DequantizeLinear', 'yq sy zy', 'yd'),
      op(sigmoid, 'yd', 'p'),
    ],
    initializers: [
      tensor('sx', 'FLOAT', [], [SX]),
      tensor('sw', 'FLOAT', [], [SW]),
      tensor('sb', 'FLOAT', [], [SX * SW]),
      tensor('sy', 'FLOAT', [], [SY]),
      tensor('zx', 'INT8', [], [0]),
      tensor('zy', 'INT8', [], [ZY]),
      tensor('w', 'INT8', [3, 4], WEIGHTS.flat()),
      tensor('b', 'INT32', [3], BIAS),
    ],
    input: ['N', 4],
    outputs: ['p'],
  });

const ROWS = [
  [1, -2, 3.25, 100],
  [0.25, 0.75, -0.25, 0],
];

/** Ties to even; the sums and scales here are exact in float64. */
function nearest(x: number): number {
  const floor = Math.floor(x);
  return x - floor < 0.5 || (x - floor === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}
const clip = (x: number) => Math.min(127, Math.max(-128, x));

/** By the definition of the runtime's fused step: the int32 sum and bias times one factor, rounded, moved, saturated. */
const codesOf = (row: readonly number[]) =>
  WEIGHTS.map((weights, f) => {
    const sum = weights.reduce((total, w, i) => total + w * clip(nearest(row[i] / SX)), BIAS[f]);
    return clip(nearest((sum * SX * SW) / SY) + ZY);
  });

function folderOf(bytes = own()): string {
  const folder = folderWith();
  writeFileSync(join(folder, 'own.onnx'), bytes);
  writeFileSync(join(folder, 'x.npy'), npy([ROWS.length, ROWS[0].length], ROWS.flat()));
  return folder;
}

const RUN = ['run', 'own.onnx', '--target', 'int8', '--input', 'x.npy'];

it('runs on his data: what has a unit on the array, the rest beside it, each by its rule', () => {
  const folder = folderOf();
  const { status, stdout } = answered(folder, [...RUN, '--json']);
  expect(status).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ images: 2, exact: true, coverage: { array: 1, beside: 3, refused: [] } });
  expect(result).not.toHaveProperty('accuracyPercent');
  const layers = (result.layers as Record<string, unknown>[]).map(({ op: kind, place, rule }) => [kind, place, rule]);
  expect(layers).toEqual([
    ['quantize', 'beside', 'ort'],
    ['dense', 'array', 'ort'],
    ['dequantize', 'beside', 'ort'],
    ['Sigmoid', 'beside', 'ort'],
  ]);
});

it('writes every tensor that the file names and the run makes', () => {
  const folder = folderOf();
  expect(answered(folder, [...RUN, '--out', 'o', '--tensors', 'all', '--image', '1']).status).toBe(0);
  const listed = JSON.parse(readFileSync(join(folder, 'o/tensors.json'), 'utf8'));
  expect(listed).toEqual([
    { name: 'x', file: 'tensors/x.npy', type: 'float32', shape: [1, 4] },
    { name: 'xq', file: 'tensors/xq.npy', type: 'int8', shape: [1, 4] },
    { name: 'yq', file: 'tensors/yq.npy', type: 'int8', shape: [1, 3] },
    { name: 'yd', file: 'tensors/yd.npy', type: 'float32', shape: [1, 3] },
    { name: 'p', file: 'tensors/p.npy', type: 'float32', shape: [1, 3] },
  ]);
  const data = (name: string) => {
    const bytes = readFileSync(join(folder, `o/tensors/${name}.npy`));
    return Uint8Array.from(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer;
  };
  expect([...new Int8Array(data('xq'))]).toEqual(ROWS[1].map((x) => clip(nearest(x / SX))));
  const codes = codesOf(ROWS[1]);
  expect([...new Int8Array(data('yq'))]).toEqual(codes);
  const reals = codes.map((code) => (code - ZY) * SY);
  expect([...new Float32Array(data('yd'))]).toEqual(reals);
  const wanted = reals.map((y) => Math.fround(1 / (1 + Math.exp(-y))));
  for (const [i, p] of new Float32Array(data('p')).entries()) expect(Math.abs(p - wanted[i])).toBeLessThan(1e-7);
  const outputs = answered(folder, [...RUN, '--out', 'o2', '--tensors', 'outputs']);
  expect(outputs.status).toBe(0);
  expect(
    JSON.parse(readFileSync(join(folder, 'o2/tensors.json'), 'utf8')).map(({ name }: { name: string }) => name),
  ).toEqual(['p']);
});

it('--check lists every node that cannot be read, and computes nothing', () => {
  const bytes = bytesOf({
    nodes: [op('Sigmoyd', 'x', 'a'), op('Relu', 'a', 'b'), op('TfIdfVectorizer', 'x', 'c'), op('Neg', 'x', 'd')],
    initializers: [],
    input: ['N', 4],
    outputs: ['b', 'c', 'd'],
  });
  const folder = folderOf(bytes);
  const { status, stdout } = answered(folder, ['run', 'own.onnx', '--target', 'int8', '--check', '--json']);
  expect(status).toBe(1);
  const { coverage } = JSON.parse(stdout);
  expect(coverage.refused.map(({ name, op: kind }: Record<string, string>) => [name, kind])).toEqual([
    ['a', 'Sigmoyd'],
    ['c', 'TfIdfVectorizer'],
  ]);
  expect(coverage.refused[0].reason).toContain('did you mean "Sigmoid"?');
  const whole = answered(folder, ['run', 'own.onnx', '--target', 'int8', '--input', 'x.npy']);
  expect(whole).toMatchObject({ status: 2, stdout: '' });
  expect(whole.stderr).toMatch(
    /^lastbit: own\.onnx: node a \(Sigmoyd\): operator Sigmoyd of domain ai\.onnx is not .*\n$/,
  );
  const able = answered(folderOf(), ['run', 'own.onnx', '--target', 'int8', '--check']);
  expect([able.status, able.stdout]).toEqual([0, '1 layer on the array, 3 beside it, 0 refused: it can run\n']);
});

it('a target without a unit runs it beside, and says so; --strict and what is missing are one line', () => {
  const folder = folderOf();
  const beside = answered(folder, ['run', 'own.onnx', '--target', 'fp8-fp16', '--input', 'x.npy']);
  expect(beside.status).toBe(0);
  expect(beside.stdout).toContain('0.0 % of the MACs run on the array.');
  const line = (...args: string[]) => {
    const { status, stderr } = answered(folder, ['run', 'own.onnx', ...args]);
    expect([status, stderr.split('\n').length]).toEqual([2, 2]);
    return stderr;
  };
  expect(line('--target', 'fp8-fp16', '--input', 'x.npy', '--strict')).toMatch(/multiplies int8 x int8.*\(--strict\)/);
  expect(line('--target', 'int8')).toContain(
    'reads x (1x4), and generated digits are 1x28x28 and flags are 3x24x24: give data of your own',
  );
  expect(line('--target', 'int8', '--input', 'z=x.npy')).toContain('"x"');
  expect(line('--target', 'int8', '--input', 'x.npy', '--shape', 'x')).toContain('--shape takes NAME=1x3x224x224');
  expect(line('--target', 'int8', '--input', 'x.npy', '--rules', 'tf')).toContain('ort-unfused');
  expect(line('--target', 'int8', '--input', 'x.npy', '--tensors', 'all')).toContain('--tensors needs --out');
});
