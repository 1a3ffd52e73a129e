import { floatTensor, integerTensor, type FloatTensor, lengthsText, type Tensor } from '../tensor.js';
import { float, int, word } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { floatsOf, integersOf, OpenShape } from './operands.js';

/** Functions of boxes: their parts of planes, and which of them are kept. */

/** How the four elements around a place of a plane are blended. */
type Blend = (down: number, across: number, corners: readonly [number, number, number, number]) => number;

/** A bilinear sample. */
const SAMPLE: Blend = (down, across, [a, b, c, d]) =>
  (1 - down) * ((1 - across) * a + across * b) + down * ((1 - across) * c + across * d);

/** The largest share of the four, as the standard's mode `max` compares. */
const LARGEST_SHARE: Blend = (down, across, [a, b, c, d]) =>
  Math.max((1 - down) * (1 - across) * a, (1 - down) * across * b, down * (1 - across) * c, down * across * d);

/** A blend of a plane at a place; 0 further than one element outside. */
function blended(
  blend: Blend,
  data: Float32Array,
  plane: number,
  height: number,
  width: number,
  y: number,
  x: number,
): number {
  if (y < -1 || y > height || x < -1 || x > width) return 0;
  const [row, column] = [Math.min(Math.max(y, 0), height - 1), Math.min(Math.max(x, 0), width - 1)];
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [bottom, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
  const at = (r: number, c: number) => data[plane + r * width + c];
  return blend(row - top, column - left, [at(top, left), at(top, right), at(bottom, left), at(bottom, right)]);
}

const roiAlign: TensorFunction = {
  operands: 3,
  attributes: {
    coordinate_transformation_mode: word('half_pixel', ['half_pixel', 'output_half_pixel']),
    mode: word('avg', ['avg', 'max']),
    output_height: int(1),
    output_width: int(1),
    sampling_ratio: int(0),
    spatial_scale: float(1),
  },
  before: [{ opset: 16, attributes: { coordinate_transformation_mode: 'output_half_pixel' } }],
  operations: 16,
  facts: ([x, boxes], { output_height: height, output_width: width }) => [
    {
      shape: [(boxes as OperandFacts).shape[0], (x as OperandFacts).shape[1], height as number, width as number],
    },
  ],
  run: ([x, boxes, images], attributes) => {
    const { shape, data } = floatsOf(x, 0);
    const [, channels, height, width] = shape;
    const [rows, columns] = [attributes.output_height as number, attributes.output_width as number];
    const { data: corners, shape: boxShape } = floatsOf(boxes, 1);
    const of = integersOf(images, 2).data;
    const half = attributes.coordinate_transformation_mode === 'half_pixel';
    const largest = attributes.mode === 'max';
    const output = floatTensor([boxShape[0], channels, rows, columns]);
    const scale = attributes.spatial_scale as number;
    const ratio = attributes.sampling_ratio as number;
    let at = 0;
    for (let box = 0; box < boxShape[0]; box++) {
      const [left, top, right, bottom] = [0, 1, 2, 3].map((i) => corners[box * 4 + i] * scale - (half ? 0.5 : 0));
      const [wide, high] = [right - left, bottom - top].map((side) => (half ? side : Math.max(side, 1)));
      const [cellHeight, cellWidth] = [high / rows, wide / columns];
      const down = ratio > 0 ? ratio : Math.ceil(cellHeight);
      const across = ratio > 0 ? ratio : Math.ceil(cellWidth);
      for (let c = 0; c < channels; c++) {
        const plane = (of[box] * channels + c) * height * width;
        for (let cell = 0; cell < rows * columns; cell++) {
          const [row, column] = [Math.floor(cell / columns), cell % columns];
          let [sum, most] = [0, -Infinity];
          for (let i = 0; i < down * across; i++) {
            const y = top + (row + (Math.floor(i / across) + 0.5) / down) * cellHeight;
            const x0 = left + (column + ((i % across) + 0.5) / across) * cellWidth;
            if (largest) most = Math.max(most, blended(LARGEST_SHARE, data, plane, height, width, y, x0));
            else sum += blended(SAMPLE, data, plane, height, width, y, x0);
          }
          const count = Math.max(down * across, 1);
          output.data[at++] = largest ? (most === -Infinity ? 0 : most) : sum / count;
        }
      }
    }
    return [output];
  },
  acrossBatch: () => true,
};

/** Corners of a box in order: top, left, bottom, right, in float32. */
function cornersOf({ data }: FloatTensor, box: number, centred: boolean): readonly [number, number, number, number] {
  const [a, b, c, d] = data.subarray(4 * box, 4 * box + 4);
  if (centred) return [f32(b - f32(d / 2)), f32(a - f32(c / 2)), f32(b + f32(d / 2)), f32(a + f32(c / 2))];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

type Corners = ReturnType<typeof cornersOf>;

const f32 = Math.fround;

/** Intersection over union, each step in float32 as ONNX Runtime's SuppressByIOU has it; undefined where either is empty. */
function overlap(one: Corners, other: Corners): number | undefined {
  const height = f32(Math.min(one[2], other[2]) - Math.max(one[0], other[0]));
  const width = f32(Math.min(one[3], other[3]) - Math.max(one[1], other[1]));
  if (!(height > 0 && width > 0)) return undefined;
  const both = f32(height * width);
  const [own, its] = [one, other].map(([top, left, bottom, right]) => f32(f32(right - left) * f32(bottom - top)));
  const all = f32(f32(own + its) - both);
  return both > 0 && own > 0 && its > 0 && all > 0 ? f32(both / all) : undefined;
}

/** Boxes of the best scores that overlap none that was kept, for each image and class: image, class, box. */
const nonMaxSuppression: TensorFunction = {
  operands: 5,
  attributes: { center_point_box: int(0) },
  operations: 0,
  facts: (operands, attributes) => {
    checkBoxes((operands[0] as OperandFacts).shape, (operands[1] as OperandFacts).shape);
    if (operands.some((operand) => operand !== undefined && operand.value === undefined))
      throw new OpenShape('chooses boxes while it runs, and how many is known only then', [
        { shape: [Number.NaN, 3], type: 'int64' },
      ]);
    const values = operands.map((operand) => operand?.value);
    return [{ shape: keptBoxes(values, attributes.center_point_box === 1).shape, type: 'int64' }];
  },
  run: (operands, attributes) => [keptBoxes(operands, attributes.center_point_box === 1)],
};

/** @throws Error where there is not a score of each class for each box [images, count, 4] */
function checkBoxes(boxes: readonly number[], scores: readonly number[]): void {
  const [images, count, four] = boxes;
  if (boxes.length === 3 && scores.length === 3 && four === 4 && scores[0] === images && scores[2] === count) return;
  throw new Error(
    `has boxes of ${lengthsText(boxes) || 'a scalar'} and scores of ${lengthsText(scores) || 'a scalar'}: images x boxes x 4 and images x classes x boxes are wanted`,
  );
}

function keptBoxes([boxes, scores, most, threshold, least]: readonly (Tensor | undefined)[], centred: boolean) {
  const corners = floatsOf(boxes, 0);
  const { shape, data } = floatsOf(scores, 1);
  checkBoxes(corners.shape, shape);
  const [images, classes, count] = shape;
  const [limit, shared, floor] = [most?.data[0] ?? 0, threshold?.data[0] ?? 0, least?.data[0] ?? -Infinity];
  const chosen: number[] = [];
  for (let row = 0; row < images * classes; row++) {
    const image = Math.floor(row / classes);
    const own = data.subarray(row * count, (row + 1) * count);
    const order = [...own.keys()].filter((i) => own[i] > floor).sort((a, b) => own[b] - own[a] || a - b);
    const kept: Corners[] = [];
    for (const box of order) {
      if (kept.length >= limit) break;
      const each = cornersOf(corners, image * count + box, centred);
      if (kept.some((other) => (overlap(each, other) ?? -Infinity) > shared)) continue;
      kept.push(each);
      chosen.push(image, row % classes, box);
    }
  }
  return integerTensor([chosen.length / 3, 3], 'int64', Float64Array.from(chosen));
}

export const REGIONS: Readonly<Record<string, TensorFunction>> = {
  RoiAlign: roiAlign,
  NonMaxSuppression: nonMaxSuppression,
};
