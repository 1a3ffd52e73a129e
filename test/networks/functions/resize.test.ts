import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { execute } from '../../../src/networks/execute.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { dequantize } from '../../../src/networks/quantization.js';
import { floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { bytesOf, op, tensor } from '../readers/onnx/graphs.js';
import { runOnnx, withoutRuntime } from '../readers/onnx/runtime.js';
import { random } from '../readers/onnx/samples.js';

/** Resize against ONNX Runtime, in every mode, making axes longer and shorter. */

const SHAPE = [1, 2, 5, 6];
const draw = random(11);
const x = floatTensor(
  SHAPE,
  Float32Array.from({ length: sizeOf(SHAPE) }, () => Math.round(64 * (draw() - 0.5)) / 8),
);

const COORDINATES = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
];
const SCALES = [
  [2, 3],
  [0.6, 0.5],
  [1.7, 0.3],
  [0.2, 1],
];

function graphOf(attributes: Parameters<typeof op>[3], to: { scales: number[] } | { sizes: number[] }, opset = 21) {
  const initializers =
    'scales' in to
      ? [tensor('scales', 'FLOAT', [4], [1, 1, ...to.scales])]
      : [tensor('sizes', 'INT64', [4], [1, 2, ...to.sizes])];
  const inputs = 'scales' in to ? 'x _ scales' : 'x _ _ sizes';
  return bytesOf({ nodes: [op('Resize', inputs, 'y', attributes)], initializers, input: SHAPE, opset });
}

async function compare(bytes: Uint8Array, digits: number) {
  const ours = dequantize(execute(readOnnx(bytes, 'net.onnx'), x, float32Arithmetic));
  const theirs = await runOnnx(bytes, x.data, SHAPE);
  expect(ours.shape).toEqual([...theirs.dims]);
  const furthest = ours.data.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs.data[i])), 0);
  expect(furthest).toBeLessThanOrEqual(digits);
}

describe.skipIf(withoutRuntime)('Resize gives what ONNX Runtime gives', () => {
  for (const coordinates of COORDINATES)
    for (const nearest of ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].filter(
      // Whole places come out a last bit lower there: floor of 5 to 3 elements takes the one before the middle.
      (each) => each !== 'floor' || coordinates !== 'half_pixel_symmetric',
    ))
      it(`nearest, ${coordinates}, ${nearest}: every bit`, async () => {
        const attributes = { mode: 'nearest', coordinate_transformation_mode: coordinates, nearest_mode: nearest };
        for (const scales of SCALES) await compare(graphOf(attributes, { scales }), 0);
        await compare(graphOf(attributes, { sizes: [7, 4] }), 0);
      });

  // Sums of products in float32 there, in float64 and rounded once here: values up to 4, sixteen products.
  const near = 2 ** -17;
  for (const mode of ['linear', 'cubic'])
    for (const coordinates of COORDINATES.filter((each) => each !== 'tf_half_pixel_for_nn' || mode === 'linear'))
      it(`${mode}, ${coordinates}`, async () => {
        const attributes = { mode, coordinate_transformation_mode: coordinates };
        // Linear is done in its steps; of one mode places differ by a last bit.
        const most = mode === 'linear' && coordinates !== 'half_pixel_symmetric' ? 0 : near;
        for (const scales of SCALES) await compare(graphOf(attributes, { scales }), most);
        await compare(graphOf(attributes, { sizes: [7, 4] }), most);
      });

  it('cubic without what is outside, and by another coefficient', async () => {
    const attributes = { mode: 'cubic', exclude_outside: 1, cubic_coeff_a: { f: -0.5 } };
    for (const scales of SCALES) await compare(graphOf(attributes, { scales }), near);
  });

  it('with a kernel as wide as the elements', async () => {
    for (const mode of ['linear', 'cubic'])
      for (const scales of SCALES.slice(1)) await compare(graphOf({ mode, antialias: 1 }, { scales }), 2 ** -16);
  });

  it('by a policy for the sides', async () => {
    for (const policy of ['not_larger', 'not_smaller']) {
      const attributes = { mode: 'nearest', keep_aspect_ratio_policy: policy, axes: [2, 3] };
      const bytes = bytesOf({
        nodes: [op('Resize', 'x _ _ sizes', 'y', attributes)],
        initializers: [tensor('sizes', 'INT64', [2], [7, 8])],
        input: SHAPE,
      });
      await compare(bytes, 0);
    }
  });

  it('Upsample, and Resize of opset 10', async () => {
    const scales = tensor('scales', 'FLOAT', [4], [1, 1, 2, 3]);
    for (const mode of ['nearest', 'linear'])
      for (const [type, opset] of [
        ['Upsample', 9],
        ['Resize', 10],
      ] as const) {
        const nodes = [op(type, 'x scales', 'y', { mode })];
        await compare(bytesOf({ nodes, initializers: [scales], input: SHAPE, opset }), mode === 'nearest' ? 0 : near);
      }
  });
});
