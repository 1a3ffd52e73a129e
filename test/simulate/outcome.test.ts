import { describe, expect, it } from 'vitest';
import type { NumberArray } from '../../src/data/index.js';
import { float32Arithmetic } from '../../src/networks/arithmetic.js';
import { execute } from '../../src/networks/execute.js';
import { ofBatch } from '../../src/networks/facts.js';
import type { Network } from '../../src/networks/network.js';
import { dequantize } from '../../src/networks/quantization.js';
import { floatTensor } from '../../src/networks/tensor.js';
import type { Accuracy } from '../../src/simulate/accuracy.js';
import type { OutputRows } from '../../src/simulate/measures.js';
import { outcomeOf, qualityOf, runFloat } from '../../src/simulate/run.js';
import type { RunData } from '../../src/simulate/runData.js';
import { dense, network } from '../networks/readers/onnx/samples.js';

const net = network('net', [3], [{ op: 'relu', name: 'y', inputs: ['image'], outputs: ['y'] }]);

const rows = (name: string, width: number, data: readonly number[]): OutputRows => ({
  ...{ name, width, rows: data.length / width },
  data: Float32Array.from(data),
});
const accuracyOf = (outputs: readonly OutputRows[], exactOutputs = outputs): Accuracy => ({
  ...{ images: outputs[0].rows, outputs, exactOutputs, layers: [] },
});
const plain = (count: number, rest: Partial<RunData> = {}): RunData => ({
  ...{ count, batch: 1, place: (image) => `image ${image}`, inputs: () => new Map() },
  ...rest,
});

describe('quality', () => {
  const like = (agreement: number) => ({ sqnrDb: 0, cosine: 0, largestDifference: 0, agreement });

  it('is the accuracy, else the agreement with the float network, else that with stored outputs, else 0', () => {
    const [float, stored] = [like(0.5), like(0.25)];
    expect(qualityOf({ accuracy: 0, float, stored })).toBe(0);
    expect(qualityOf({ accuracy: 0.75, float, stored })).toBe(0.75);
    expect([qualityOf({ float, stored }), qualityOf({ float })]).toEqual([0.5, 0.5]);
    expect([qualityOf({ stored }), qualityOf({})]).toEqual([0.25, 0]);
  });
});

describe('an outcome', () => {
  const y = rows('y', 3, [1, 2, 3, 6, 5, 4]);

  it('has what can be known of it and no more', () => {
    expect(outcomeOf(net, accuracyOf([y]), plain(2))).toEqual({ images: 2, sqnrExactDb: Infinity });
    const exact = rows('y', 3, [1, 2, 3, 6, 5, 3]);
    // Of squares 1 + 4 + 9 + 36 + 25 + 9, against an error of 1.
    expect(outcomeOf(net, accuracyOf([y], [exact]), plain(2)).sqnrExactDb).toBeCloseTo(10 * Math.log10(84), 12);
    expect(outcomeOf(net, accuracyOf([y]), plain(2), { outputs: [y], accuracy: 0 })).toMatchObject({
      ...{ floatAccuracy: 0, sqnrFloatDb: Infinity },
      float: { sqnrDb: Infinity, cosine: 1, largestDifference: 0, agreement: 1 },
    });
    expect(outcomeOf(net, accuracyOf([y]), plain(2), { outputs: [y] })).not.toHaveProperty('floatAccuracy');
  });

  it.each([4, 5, 6, 7])(
    'of %d classes counts labels that are the largest, and of more than five those among five',
    (width) => {
      // Row r has its largest in column r and falls from there, around the row.
      const data = Array.from({ length: width * width }, (_, i) => {
        const [row, column] = [Math.floor(i / width), i % width];
        return width - ((column - row + width) % width);
      });
      const output = rows('y', width, data);
      for (let rank = 0; rank < width; rank++) {
        const labels = Array.from({ length: width }, (_, row) => (row + (row === 0 ? 0 : rank)) % width);
        const first = rank === 0 ? width : 1;
        const five = rank < 5 ? width : 1;
        const outcome = outcomeOf(net, accuracyOf([output]), plain(width, { labels }));
        expect(outcome.accuracy).toBe(first / width);
        expect(outcome.top5).toBe(width > 5 ? five / width : undefined);
        expect(outcome.accuracyInterval?.[0]).toBeLessThanOrEqual(first / width);
        expect(outcome.accuracyInterval?.[1]).toBeGreaterThanOrEqual(first / width);
      }
    },
  );

  it('names the first label that is no output', () => {
    for (const [labels, image] of [
      [[3, 0], 0],
      [[0, 3], 1],
      [[2, -1], 1],
      [[0], 1],
    ] as const)
      expect(() => outcomeOf(net, accuracyOf([y]), plain(2, { labels }))).toThrow(
        `image ${image}: the label is ${labels[image]}, and network net has 3 outputs: labels are 0 to 2`,
      );
    expect(outcomeOf(net, accuracyOf([y]), plain(2, { labels: [2, 0] })).accuracy).toBe(1);
  });

  it('is held against outputs in their order where all are of one size, else against those of the same name', () => {
    const [x, z] = [rows('x', 1, [1, 2]), rows('z', 3, [1, 0, 0, 0, 0, 2])];
    const likeOf = (wanted: readonly OutputRows[], got: readonly OutputRows[]) =>
      outcomeOf(net, accuracyOf(got), plain(2), { outputs: wanted }).float;
    // Other names, the same sizes.
    expect(likeOf([rows('a', 3, [1, 2, 3, 6, 5, 5])], [y])).toMatchObject({ largestDifference: 1, agreement: 1 });
    expect(likeOf([x, y], [x, y])).toMatchObject({ sqnrDb: Infinity, agreement: 1 });
    expect(likeOf([rows('b', 1, [1, 4]), y], [x, y])).toMatchObject({ largestDifference: 2 });
    expect(likeOf([x, rows('b', 3, [1, 2, 3, 6, 5, 9])], [x, y])).toMatchObject({ largestDifference: 5, agreement: 1 });
    // Another order, or fewer of them: by their names, and what has no other is left out.
    expect(likeOf([y, x], [x, y])).toMatchObject({ sqnrDb: Infinity, agreement: 1 });
    expect(likeOf([z], [x, z])).toMatchObject({ sqnrDb: Infinity, agreement: 1 });
    expect(likeOf([x, z], [z])).toMatchObject({ sqnrDb: Infinity, agreement: 1 });
    expect(likeOf([rows('y', 3, [3, 2, 1, 6, 5, 4]), x], [x, y])).toMatchObject({
      largestDifference: 2,
      agreement: 0.5,
    });
    // None of the name, or none of its size.
    expect(likeOf([z], [x])).toBeUndefined();
    expect(likeOf([rows('x', 3, [1, 2, 3, 4, 5, 6])], [x])).toBeUndefined();
    expect(likeOf([rows('x', 3, [1, 2, 3, 4, 5, 6]), y], [x, y, z])).toBeUndefined();
    expect(likeOf([], [x])).toBeUndefined();
  });

  it.each([1, 2])('is held against outputs stored beside the data, %d rows together', (batch) => {
    const stored = (first: number): ReadonlyMap<string, NumberArray> => {
      if (first >= 2) throw new RangeError('there are two images');
      return new Map([
        [
          'y',
          { type: 'float32', shape: [batch, 3], data: y.data.slice(3 * first, 3 * (first + batch)) } as NumberArray,
        ],
      ]);
    };
    const outcome = outcomeOf(net, accuracyOf([y]), plain(2, { batch, expected: stored }));
    expect(outcome.stored).toEqual({ sqnrDb: Infinity, cosine: 1, largestDifference: 0, agreement: 1 });
    const other = accuracyOf([rows('y', 3, [1, 2, 3, 4, 5, 6])]);
    expect(outcomeOf(net, other, plain(2, { batch, expected: stored })).stored).toMatchObject({
      ...{ largestDifference: 2, agreement: 0.5 },
    });
  });
});

it('a float run takes the images that its network’s file puts together', () => {
  const weight = floatTensor([2, 3], Float32Array.of(1, -2, 3, 0.5, 4, -1));
  const free: Network = network('float', [3], [dense('d', 'image', weight)]);
  const image = (count: number, first = 0) =>
    floatTensor(
      [count, 3],
      Float32Array.from({ length: 3 * count }, (_, i) => Math.sin(3 * first + i)),
    );
  const whole = dequantize(execute(free, image(6), float32Arithmetic));
  for (const batch of [1, 2, 3]) {
    const asked: [number, number][] = [];
    const data = plain(6, {
      batch,
      inputs(first, count) {
        asked.push([first, count]);
        return new Map([['image', image(count, first)]]);
      },
    });
    const wanted = { outputs: [{ name: 'd', rows: 6, width: 2, data: whole.data }] };
    expect(runFloat({ ...ofBatch(free, batch), batch: 'fixed' }, data)).toEqual(wanted);
    expect(asked).toEqual(Array.from({ length: 6 / batch }, (_, i) => [i * batch, batch]));
    asked.length = 0;
    expect(runFloat(free, data)).toEqual(wanted);
    expect(asked).toEqual([[0, 6]]);
  }
});
