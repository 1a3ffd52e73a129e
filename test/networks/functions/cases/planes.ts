import { op, tensor } from '../../readers/onnx/graphs.js';
import { f, floats, type FunctionCase, int64, int64s, positives, scalar } from '../standard.js';

/** Functions of planes: pools, resizing, samples at places, norms of channels. */

const none: [] = [];
const NEAR = 2 ** -19;
const PLANES = [1, 2, 5, 6];

const WINDOW = {
  auto_pad: ['SAME_UPPER', 'SAME_LOWER', 'VALID', 'SAME'],
  dilations: [[2, 1], [0, 1], [2], [9, 1]],
  kernel_shape: [[2, 3], [3], [0, 1]],
  pads: [
    [1, 0, 2, 1],
    [1, 1],
    [0, 2, 0, 2],
    [0, 0, -1, 0],
  ],
  strides: [[2, 1], [0, 1], [3, 4], [2]],
};

const POOLS: readonly FunctionCase[] = [
  {
    ...{ node: ['MaxPool', 'x'], input: PLANES, initializers: none, attributes: { kernel_shape: [3, 2] } },
    gives: ['real', 'integers'],
    values: { ...WINDOW, storage_order: [1], ceil_mode: [1] },
  },
  {
    ...{ node: ['MaxPool', 'x'], input: [1, 2, 3, 4, 5], initializers: none },
    attributes: { kernel_shape: [2, 2, 3], strides: [1, 2, 2], pads: [1, 0, 1, 0, 1, 1] },
    gives: ['real', 'integers'],
    values: { storage_order: [1], ceil_mode: [1], auto_pad: ['SAME_LOWER'] },
  },
  {
    ...{
      node: ['AveragePool', 'x'],
      input: PLANES,
      initializers: none,
      attributes: { kernel_shape: [3, 2] },
      near: NEAR,
    },
    values: { ...WINDOW, count_include_pad: [1], ceil_mode: [1] },
  },
  {
    ...{ node: ['AveragePool', 'x'], input: [1, 2, 5, 6], initializers: none, near: NEAR },
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 0], count_include_pad: 1 },
    values: { ceil_mode: [1], dilations: [[2, 1]], auto_pad: ['SAME_UPPER'] },
  },
  {
    ...{ node: ['LpPool', 'x'], input: PLANES, initializers: none, attributes: { kernel_shape: [3, 2] }, near: NEAR },
    values: { ...WINDOW, p: [1, 2, 3, 4], ceil_mode: [1] },
  },
  { node: ['GlobalLpPool', 'x'], input: PLANES, initializers: none, values: { p: [1, 2, 3] }, near: NEAR, opset: 21 },
  { node: ['GlobalMaxPool', 'x'], input: PLANES, initializers: none },
  { node: ['GlobalAveragePool', 'x'], input: [2, 3, 5], initializers: none, near: NEAR },
];

const COORDINATES = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_crop_and_resize',
];

/** Axes get longer, shorter, one element long, and stay. */
const SCALES = [
  [1, 1, 2, 1.5],
  [1, 1, 0.6, 0.5],
  [1, 1, 0.2, 1.7],
  [1, 1, 1, 0.3],
];

const RESIZES: readonly FunctionCase[] = [
  ...COORDINATES.flatMap((coordinates): FunctionCase[] =>
    // ONNX Runtime does not crop an axis whose scale is 1, as the standard has it.
    SCALES.slice(0, coordinates === 'tf_crop_and_resize' ? 3 : 4).flatMap((scales): FunctionCase[] => {
      const stored = [
        tensor('roi', 'FLOAT', [8], [0, 0, 0.125, -0.25, 1, 1, 0.75, 1.25]),
        tensor('scales', 'FLOAT', [4], scales),
      ];
      const attributes = { coordinate_transformation_mode: coordinates };
      const common = { input: PLANES, initializers: stored };
      const node: FunctionCase['node'] = ['Resize', 'x roi scales'];
      return [
        {
          ...{ ...common, node, attributes: { ...attributes, mode: 'nearest' } },
          values: {
            // Whole places come out a last bit lower there: floor takes the one before.
            nearest_mode: [
              ...['round_prefer_floor', 'round_prefer_ceil', 'ceil'],
              ...(coordinates === 'half_pixel_symmetric' ? [] : ['floor']),
            ],
            ...(coordinates === 'tf_crop_and_resize' && { extrapolation_value: [f(7)] }),
          },
        },
        {
          ...{ ...common, node, attributes: { ...attributes, mode: 'linear' }, near: NEAR },
          values: coordinates === 'tf_crop_and_resize' ? { extrapolation_value: [f(7)] } : { antialias: [1] },
        },
        {
          ...{ ...common, node, attributes: { ...attributes, mode: 'cubic' }, near: NEAR },
          values: {
            cubic_coeff_a: [f(-0.5)],
            exclude_outside: [1],
            ...(coordinates !== 'tf_crop_and_resize' && { antialias: [1] }),
          },
        },
      ];
    }),
  ),
  {
    ...{ node: ['Resize', 'x _ _ sizes'], input: PLANES, initializers: [int64('sizes', 8, 4)] },
    attributes: { axes: [3, 2], mode: 'nearest' },
    values: {
      keep_aspect_ratio_policy: ['stretch', 'not_larger', 'not_smaller', 'none'],
      axes: [[2, 3], [2], [-1, -2], [4, 2]],
    },
  },
  {
    ...{ node: ['Resize', 'x _ _ sizes'], input: [4, 5], initializers: [int64('sizes', 7, 3)], near: NEAR },
    values: { mode: ['linear', 'cubic'], antialias: [1] },
  },
  {
    ...{ node: ['Resize', 'x _ scales'], input: [1, 2, 3, 4, 4], near: NEAR, attributes: { mode: 'linear' } },
    initializers: [tensor('scales', 'FLOAT', [5], [1, 1, 2, 0.5, 1.5])],
  },
  {
    ...{ node: ['Resize', 'x scales'], input: PLANES, initializers: [tensor('scales', 'FLOAT', [4], [1, 1, 2, 0.5])] },
    ...{ opset: 10, near: NEAR, values: { mode: ['nearest', 'linear'] } },
  },
  {
    ...{ node: ['Upsample', 'x scales'], input: PLANES, initializers: [tensor('scales', 'FLOAT', [4], [1, 1, 2, 3])] },
    ...{ opset: 9, near: NEAR, values: { mode: ['nearest', 'linear'] } },
  },
];

const SAMPLES: readonly FunctionCase[] = [
  ...['linear', 'nearest', 'cubic'].map(
    (mode): FunctionCase => ({
      ...{ node: ['GridSample', 'x grid'], input: [1, 2, 4, 5], near: NEAR, attributes: { mode } },
      initializers: [
        tensor(
          'grid',
          'FLOAT',
          [1, 2, 5, 2],
          [...[-1, -1, 1, 1, 0.1, 0, -1.25, 0.6, 1.5, -1.7], ...[0.3, 2.7, -3.3, 0.1, 0.65, -0.4, 0.7, 0.3, -0.1, 5.3]],
        ),
      ],
      values: { padding_mode: ['zeros', 'border', 'reflection', 'wrap'], align_corners: [0, 1] },
    }),
  ),
  ...['zeros', 'border', 'reflection'].flatMap((padding_mode) =>
    ['linear', 'nearest'].map(
      (mode): FunctionCase => ({
        ...{
          node: ['GridSample', 'x grid'],
          input: [1, 1, 3, 1, 4],
          near: NEAR,
          attributes: { mode, padding_mode, align_corners: 1 },
        },
        initializers: [
          tensor(
            'grid',
            'FLOAT',
            [1, 1, 1, 6, 3],
            [...[-1, -1, 1, 0.3, 0.1, 0, -1.25, 0.5, 1.4], ...[0.2, 2.6, -3.3, 0.1, 0.6, -0.4, 0.75, 0.25, -0.1]],
          ),
        ],
      }),
    ),
  ),
  ...['avg', 'max'].flatMap((mode) =>
    ['half_pixel', 'output_half_pixel'].map(
      (coordinate_transformation_mode): FunctionCase => ({
        ...{ node: ['RoiAlign', 'x boxes of'], input: [2, 2, 6, 5], near: NEAR, opset: 21 },
        initializers: [
          tensor('boxes', 'FLOAT', [4, 4], [0, 0, 4, 5, 1.5, 0.5, 1.75, 3, -3, 2, 9, 8, 2, 2, 2, 2]),
          int64('of', 0, 1, 1, 0),
        ],
        attributes: { mode, coordinate_transformation_mode, output_height: 2, output_width: 3 },
        values: { sampling_ratio: [1, 2, 3], spatial_scale: [f(0.5)], output_height: [1], output_width: [1] },
      }),
    ),
  ),
  {
    ...{ node: ['RoiAlign', 'x boxes of'], input: [1, 1, 4, 4], near: NEAR, opset: 10 },
    initializers: [tensor('boxes', 'FLOAT', [1, 4], [0, 1, 3, 2.5]), int64('of', 0)],
    attributes: { output_height: 2, output_width: 2 },
  },
  {
    ...{ node: ['Col2Im', 'x image block'], input: [1, 8, 6], near: NEAR },
    initializers: [int64('image', 3, 4), int64('block', 2, 2)],
    values: {
      dilations: [
        [1, 1],
        [2, 1],
      ],
      pads: [
        [0, 0, 0, 0],
        [1, 0, 0, 1],
      ],
      strides: [
        [1, 1],
        [1, 2],
      ],
    },
  },
  {
    ...{ node: ['Col2Im', 'x image block'], input: [1, 8, 6], near: NEAR },
    initializers: [int64('image', 5, 5), int64('block', 2, 2)],
    attributes: { dilations: [1, 2], strides: [2, 2], pads: [0, 1, 0, 2] },
  },
  {
    ...{ node: ['MaxUnpool', 'x at'], input: [1, 1, 2, 2], initializers: [int64s('at', [1, 1, 2, 2], 5, 7, 13, 15)] },
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    values: {
      pads: [
        [0, 0, 0, 0],
        [1, 0, 0, 0],
      ],
      strides: [
        [1, 1],
        [3, 2],
      ],
    },
  },
  ...[0, 1].map(
    (center_point_box): FunctionCase => ({
      ...{ node: ['NonMaxSuppression', 'boxes scores most shared least'], input: [1, 3], gives: ['integers'] },
      initializers: [
        tensor(
          'boxes',
          'FLOAT',
          [2, 5, 4],
          [
            ...[0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, -0.1, 1, 0.9, 3, 5, 2, 4, 3, 5.5, 1.9, 4.25],
            ...[0.5, 0.5, 1, 2, 0.5, 0.75, 1, 2, 4, 4, 1, 1, 4, 4.5, 2, 1, 9, 9, 0, 0],
          ],
        ),
        tensor(
          'scores',
          'FLOAT',
          [2, 2, 5],
          [
            ...[0.9, 0.75, 0.6, 0.95, 0.5, 0.1, 0.2, 0.3, 0.3, 0.05],
            ...[0.9, 0.9, 0.6, 0.95, 0.5, 0.1, 0.2, 0.8, 0.3, 0.7],
          ],
        ),
        ...[scalar('most', 'INT64', 3), scalar('shared', 'FLOAT', 0.5), scalar('least', 'FLOAT', 0.1)],
      ],
      attributes: { center_point_box },
      after: [op('Mul', 'x real', 'out')],
    }),
  ),
];

const CHANNELS: readonly FunctionCase[] = [
  {
    ...{ node: ['BatchNormalization', 'x scale bias mean variance'], input: PLANES, near: NEAR },
    initializers: [floats('scale', 2), floats('bias', 2), floats('mean', 2), positives('variance', 2)],
    values: { epsilon: [f(0.5)], training_mode: [0, 1] },
  },
  {
    ...{ node: ['InstanceNormalization', 'x scale bias'], input: PLANES, near: NEAR },
    initializers: [floats('scale', 2), floats('bias', 2)],
    values: { epsilon: [f(0.5)] },
  },
  {
    ...{ node: ['GroupNormalization', 'x scale bias'], input: [2, 4, 3], near: NEAR, attributes: { num_groups: 2 } },
    initializers: [floats('scale', 4), floats('bias', 4)],
    values: { epsilon: [f(0.5)], num_groups: [1, 4, 3, 0], stash_type: [1] },
  },
  {
    ...{ node: ['GroupNormalization', 'x scale bias'], input: [2, 4, 3], near: NEAR, attributes: { num_groups: 2 } },
    ...{ initializers: [floats('scale', 2), floats('bias', 2)], opset: 18 },
  },
  {
    ...{
      node: ['LRN', 'x'],
      input: [1, 5, 2, 2],
      initializers: none,
      near: NEAR,
      attributes: { size: 3, alpha: f(0.5) },
    },
    values: { size: [1, 2, 4, 5], beta: [f(0.5)], bias: [f(2)] },
  },
  {
    ...{ node: ['MeanVarianceNormalization', 'x'], input: PLANES, initializers: none, near: NEAR },
    values: { axes: [[2, 3], [-1], [4]] },
  },
];

export const PLANES_CASES: readonly FunctionCase[] = [...POOLS, ...RESIZES, ...SAMPLES, ...CHANNELS];
