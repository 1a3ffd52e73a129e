import { floatTensor, integerTensor, type FloatTensor, type Tensor } from '../tensor.js';
import { float, int, word } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { floatsOf, integersOf } from './operands.js';

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

/** Corners of a box in order: top, left, bottom, right. */
function cornersOf({ data }: FloatTensor, box: number, centred: boolean): readonly [number, number, number, number] {
  const [a, b, c, d] = data.subarray(4 * box, 4 * box + 4);
  if (centred) return [b - d / 2, a - c / 2, b + d / 2, a + c / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

type Corners = ReturnType<typeof cornersOf>;

function overlap(one: Corners, other: Corners): number {
  const height = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const width = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  const both = Math.max(height, 0) * Math.max(width, 0);
  const area = ([top, left, bottom, right]: Corners) => (bottom - top) * (right - left);
  const all = area(one) + area(other) - both;
  return both <= 0 || all <= 0 ? 0 : both / all;
}

/** Boxes of the best scores that overlap none that was kept, for each image and class: image, class, box. */
const nonMaxSuppression: TensorFunction = {
  operands: 5,
  attributes: { center_point_box: int(0) },
  operations: 0,
  facts: (operands, attributes) => {
    if (operands.some((operand) => operand !== undefined && operand.value === undefined))
      throw new Error(
        'chooses boxes while it runs, and how many is known only then: boxes and scores from the file are supported',
      );
    const values = operands.map((operand) => operand?.value);
    return [{ shape: keptBoxes(values, attributes.center_point_box === 1).shape, type: 'int64' }];
  },
  run: (operands, attributes) => [keptBoxes(operands, attributes.center_point_box === 1)],
};

function keptBoxes([boxes, scores, most, threshold, least]: readonly (Tensor | undefined)[], centred: boolean) {
  const corners = floatsOf(boxes, 0);
  const { shape, data } = floatsOf(scores, 1);
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
      if (kept.some((other) => overlap(each, other) > shared)) continue;
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
