import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { execute } from '../../../src/networks/execute.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { dequantize } from '../../../src/networks/quantization.js';
import { floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { bytesOf, op, tensor } from '../readers/onnx/graphs.js';
import { random } from '../readers/onnx/samples.js';

/** What only moves elements is done on codes, and gives the codes of what it gives on real numbers. */

const SHAPE = [2, 4, 4, 6];
const draw = random(5);
const x = floatTensor(
  SHAPE,
  Float32Array.from({ length: sizeOf(SHAPE) }, () => 8 * (draw() - 0.5)),
);

const ints = (name: string, values: number[]) => tensor(name, 'INT64', [values.length], values);
const at = (name: string, shape: number[], below: number) =>
  tensor(
    name,
    'INT64',
    shape,
    Array.from({ length: sizeOf(shape) }, () => Math.floor(draw() * below)),
  );

type Stored = ReturnType<typeof tensor>;
/** The node, reading `v`, and what it has stored. */
const MOVES: Record<string, [node: ReturnType<typeof op>, stored: Stored[]]> = {
  Transpose: [op('Transpose', 'v', 'm', { perm: [0, 2, 3, 1] }), []],
  Flatten: [op('Flatten', 'v', 'm', { axis: 2 }), []],
  Expand: [op('Expand', 'v to', 'm'), [ints('to', [3, 1, 1, 1, 1])]],
  Tile: [op('Tile', 'v times', 'm'), [ints('times', [1, 2, 1, 3])]],
  Pad: [op('Pad', 'v pads', 'm'), [ints('pads', [0, 1, 2, 0, 0, 0, -1, 3])]],
  'Pad of a number on the grid': [
    op('Pad', 'v pads value', 'm'),
    [ints('pads', [0, 0, 1, 0, 0, 0, 0, 1]), tensor('value', 'FLOAT', [], [-0.75])],
  ],
  'Pad by reflection': [op('Pad', 'v pads', 'm', { mode: 'reflect' }), [ints('pads', [0, 1, 2, 0, 0, 0, 1, 3])]],
  CenterCropPad: [op('CenterCropPad', 'v to', 'm', { axes: [2, 3] }), [ints('to', [7, 3])]],
  DepthToSpace: [op('DepthToSpace', 'v', 'm', { blocksize: 2 }), []],
  SpaceToDepth: [op('SpaceToDepth', 'v', 'm', { blocksize: 2 }), []],
  Gather: [op('Gather', 'v at', 'm', { axis: 1 }), [at('at', [3], 4)]],
  GatherElements: [op('GatherElements', 'v at', 'm', { axis: 3 }), [at('at', [2, 4, 4, 2], 6)]],
  GatherND: [op('GatherND', 'v at', 'm', { batch_dims: 1 }), [at('at', [2, 3, 2], 4)]],
  ReverseSequence: [op('ReverseSequence', 'v ends', 'm', { batch_axis: 0, time_axis: 1 }), [ints('ends', [3, 4])]],
  Compress: [op('Compress', 'v kept', 'm', { axis: 1 }), [tensor('kept', 'BOOL', [4], [1, 0, 1, 1])]],
  'Resize to the nearest': [
    op('Resize', 'v _ scales', 'm', { mode: 'nearest' }),
    [tensor('scales', 'FLOAT', [4], [1, 1, 1.5, 2])],
  ],
  'Slice backwards': [
    op('Slice', 'v from to axes steps', 'm'),
    [ints('from', [-1]), ints('to', [-100]), ints('axes', [3]), ints('steps', [-2])],
  ],
};

const scale = tensor('s', 'FLOAT', [], [0.0625]);
const zero = tensor('z', 'INT8', [], [-12]);
const quantizer = (from: string, to: string) => [
  op('QuantizeLinear', `${from} s z`, `${to}q`),
  op('DequantizeLinear', `${to}q s z`, to),
];

describe('on codes as on real numbers', () => {
  for (const [name, [node, stored]] of Object.entries(MOVES))
    it(name, () => {
      const initializers = [...stored, scale, zero];
      const nodes = [...quantizer('x', 'v'), node, ...quantizer('m', 'y')];
      const network = readOnnx(bytesOf({ nodes, initializers, input: SHAPE, outputs: ['y'] }), 'net.onnx');
      expect(network.layers.map((layer) => layer.op)).toEqual(['quantize', 'general', 'dequantize']);
      const reals = readOnnx(
        bytesOf({
          nodes: [
            ...quantizer('x', 'v'),
            op('Neg', 'v', 'n'),
            op('Neg', 'n', 'k'),
            { ...node, input: ['k', ...(node.input ?? []).slice(1)] },
          ],
          initializers,
          input: SHAPE,
        }),
        'net.onnx',
      );
      const [ours, wanted] = [network, reals].map((each) => dequantize(execute(each, x, float32Arithmetic)));
      expect(ours.shape).toEqual(wanted.shape);
      expect([...ours.data]).toEqual([...wanted.data].map((value) => value + 0));
    });

  it('a filler that has no code, and parts of other scales, are taken as real numbers', () => {
    const off = [tensor('value', 'FLOAT', [], [0.03]), ints('pads', [0, 0, 0, 1, 0, 0, 0, 0])];
    const nodes = [...quantizer('x', 'v'), op('Pad', 'v pads value', 'm')];
    const network = readOnnx(bytesOf({ nodes, initializers: [...off, scale, zero], input: SHAPE }), 'net.onnx');
    expect(network.layers.map((layer) => layer.op)).toEqual(['quantize', 'dequantize', 'general']);
    const other = tensor('t', 'FLOAT', [], [0.125]);
    const joined = [
      ...quantizer('x', 'v'),
      op('QuantizeLinear', 'x t z', 'uq'),
      op('DequantizeLinear', 'uq t z', 'u'),
      op('Concat', 'v u', 'm', { axis: 1 }),
    ];
    const two = readOnnx(bytesOf({ nodes: joined, initializers: [scale, zero, other], input: SHAPE }), 'net.onnx');
    const given = dequantize(execute(two, x, float32Arithmetic)).data;
    const [fine, coarse] = [0.0625, 0.125].map((step) => (value: number) => {
      const code = Math.max(-128, Math.min(127, roundEven(Math.fround(value / step)) - 12));
      return (code + 12) * step;
    });
    const plane = SHAPE[1] * SHAPE[2] * SHAPE[3];
    const wanted = [0, 1].flatMap((n) => {
      const image = [...x.data.subarray(n * plane, (n + 1) * plane)];
      return [...image.map(fine), ...image.map(coarse)];
    });
    expect([...given]).toEqual(wanted.map((value) => value + 0));
  });
});

function roundEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}
