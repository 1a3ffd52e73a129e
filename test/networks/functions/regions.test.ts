import { describe, expect, it } from 'vitest';
import { type Tensor } from '../../../src/networks/tensor.js';
import { at, call, factsOf, indicesOf, integersOf, randomReals, reals, realsOf } from './calls.js';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const scalar = (value: number) => realsOf([], [value]);

/** Boxes of any size at any place, some of them beyond every side; of two corners in order. */
function boxes(count: number, seed: number): Tensor {
  const numbers = randomReals(4 * count, -3, 9, seed);
  return realsOf(
    [count, 4],
    range(count).flatMap((i) => cornersIn(numbers.slice(4 * i, 4 * i + 4))),
  );
}

const cornersIn = ([a, b, c, d]: number[]) => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];

describe('RoiAlign', () => {
  const [HEIGHT, WIDTH, CHANNELS] = [5, 6, 2];

  /** The four elements around a place, each with its share; none more than one element outside (the standard's reference). */
  function around(y: number, x: number): { row: number; column: number; share: number }[] {
    if (y < -1 || y > HEIGHT || x < -1 || x > WIDTH) return [];
    const sides = (place: number, length: number) => {
      const inside = Math.min(Math.max(place, 0), length - 1);
      const low = Math.floor(inside);
      return [
        { i: low, share: 1 - (inside - low) },
        { i: Math.min(low + 1, length - 1), share: inside - low },
      ];
    };
    return sides(y, HEIGHT).flatMap((down) =>
      sides(x, WIDTH).map((across) => ({ row: down.i, column: across.i, share: down.share * across.share })),
    );
  }

  it.each([
    { mode: 'avg', half: true, ratio: 0, scale: 1, size: [2, 3] },
    { mode: 'avg', half: false, ratio: 0, scale: 0.5, size: [3, 2] },
    { mode: 'avg', half: true, ratio: 2, scale: 0.75, size: [1, 2] },
    { mode: 'max', half: false, ratio: 3, scale: 1, size: [2, 2] },
    { mode: 'max', half: true, ratio: 0, scale: 1.25, size: [2, 1] },
  ])('samples boxes in cells: %o', ({ mode, half, ratio, scale, size: [rows, columns] }) => {
    const x = reals([2, CHANNELS, HEIGHT, WIDTH], 3);
    const regions = boxes(12, 7);
    const images = range(12).map((i) => i % 2);
    const attributes = {
      ...{ mode, sampling_ratio: ratio, spatial_scale: scale, output_height: rows, output_width: columns },
      coordinate_transformation_mode: half ? 'half_pixel' : 'output_half_pixel',
    };
    const operands = [x, regions, integersOf([12], 'int64', images)];
    const [found] = call('RoiAlign', operands, attributes);
    expect(factsOf('RoiAlign', operands, attributes)).toEqual([{ shape: [12, CHANNELS, rows, columns] }]);
    const wanted = indicesOf([12, CHANNELS, rows, columns]).map(([box, c, row, column]) => {
      const [left, top, right, bottom] = range(4).map((i) => at(regions, [box, i]) * scale - (half ? 0.5 : 0));
      const [wide, high] = [right - left, bottom - top].map((side) => (half ? side : Math.max(side, 1)));
      const [down, across] = [high / rows, wide / columns].map((cell) => (ratio > 0 ? ratio : Math.ceil(cell)));
      const samples = indicesOf([down, across]).map(([i, j]) => {
        const y = top + (high / rows) * (row + (i + 0.5) / down);
        const place = left + (wide / columns) * (column + (j + 0.5) / across);
        const parts = around(y, place).map((each) => each.share * at(x, [images[box], c, each.row, each.column]));
        if (mode === 'avg') return parts.reduce((sum, part) => sum + part, 0);
        return parts.length === 0 ? 0 : Math.max(...parts);
      });
      if (samples.length === 0) return 0;
      return mode === 'max' ? Math.max(...samples) : samples.reduce((sum, value) => sum + value, 0) / samples.length;
    });
    found.data.forEach((value, i) => expect(Math.abs(value - wanted[i]), `element ${i}`).toBeLessThan(2 ** -20));
  });
});

describe('NonMaxSuppression', () => {
  const [IMAGES, CLASSES, COUNT] = [2, 3, 14];

  /** Area that boxes share, over the area of both. */
  function overlap(one: number[], other: number[]): number {
    const sides = [0, 1].map((i) => Math.max(0, Math.min(one[i + 2], other[i + 2]) - Math.max(one[i], other[i])));
    const area = (box: number[]) => (box[2] - box[0]) * (box[3] - box[1]);
    const both = sides[0] * sides[1];
    return both === 0 ? 0 : both / (area(one) + area(other) - both);
  }

  it.each([
    { centred: 0, most: 3, shared: 0.25, least: 0.2 },
    { centred: 0, most: 20, shared: 0, least: -1 },
    { centred: 1, most: 20, shared: 0.4, least: 0.5 },
    { centred: 1, most: 1, shared: 1, least: 0.25 },
    { centred: 0, most: 0, shared: 0.5, least: 0 },
  ])('keeps the best of those that lie over each other: %o', ({ centred, most, shared, least }) => {
    const numbers = randomReals(4 * IMAGES * COUNT, 0.25, 5, 11);
    // Scores in eighths: some are equal, and the first of them goes first.
    const scores = randomReals(IMAGES * CLASSES * COUNT, 0, 1, 13).map((score) => Math.round(8 * score) / 8);
    const operands = [
      realsOf([IMAGES, COUNT, 4], numbers),
      realsOf([IMAGES, CLASSES, COUNT], scores),
      integersOf([], 'int64', [most]),
      scalar(shared),
      scalar(least),
    ];
    const kept: number[][] = [];
    for (const [image, kind] of indicesOf([IMAGES, CLASSES])) {
      const own: number[][] = [];
      const score = (i: number) => scores[(image * CLASSES + kind) * COUNT + i];
      const boxOf = (i: number) => {
        const box = numbers.slice(4 * (image * COUNT + i), 4 * (image * COUNT + i) + 4);
        if (centred === 0) return cornersIn(box);
        const [x, y, wide, high] = box;
        return [y - high / 2, x - wide / 2, y + high / 2, x + wide / 2];
      };
      for (let left = range(COUNT).filter((i) => score(i) > least); left.length > 0 && own.length < most; ) {
        const best = left.reduce((first, i) => (score(i) > score(first) ? i : first));
        own.push([image, kind, best]);
        left = left.filter((i) => i !== best && !(overlap(boxOf(i), boxOf(best)) > Math.fround(shared)));
      }
      kept.push(...own);
    }
    const [found] = call('NonMaxSuppression', operands, { center_point_box: centred });
    expect([found.shape, Array.from(found.data)]).toEqual([[kept.length, 3], kept.flat()]);
    expect(factsOf('NonMaxSuppression', operands, { center_point_box: centred }, { stored: range(5) })).toEqual([
      { shape: [kept.length, 3], type: 'int64' },
    ]);
    expect(kept.length > 0).toBe(most > 0);
  });

  it('keeps none where no number of them is given, and none of boxes without an area', () => {
    const [two, scores] = [realsOf([1, 2, 4], [0, 0, 1, 1, 0, 0, 0, 0]), realsOf([1, 1, 2], [0.5, 0.25])];
    expect(call('NonMaxSuppression', [two, scores], {})[0].shape).toEqual([0, 3]);
    const [all] = call('NonMaxSuppression', [two, scores, integersOf([], 'int64', [9])], {});
    expect(Array.from(all.data)).toEqual([0, 0, 0, 0, 0, 1]);
    expect(factsOf('NonMaxSuppression', [two, scores], {}, { stored: [0] })).toEqual([
      { shape: [NaN, 3], type: 'int64', open: 'y (NonMaxSuppression)' },
    ]);
  });
});
