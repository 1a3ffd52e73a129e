import { expect, it } from 'vitest';
import { linearAxis, logAxis } from '../../../src/outputs/tables/axis.js';
import { freePlace, textBox } from '../../../src/outputs/tables/labels.js';

it('a linear axis leaves 6 % of the span of its data free at either end, and 1 around one value', () => {
  const axis = linearAxis([30, 10, 20], [0, 200]);
  expect(axis.scale).toEqual({ type: 'linear', domain: [10 - 1.2, 30 + 1.2], nice: false, zero: false });
  expect(axis.axis).toEqual({ labelAngle: 0, tickCount: 8, grid: true });
  expect([8.8, 20, 31.2].map((value) => Math.round(axis.pixel(value) * 1e6) / 1e6)).toEqual([0, 100, 200]);
  expect([0, 100, 200].map((pixel) => Math.round(axis.value(pixel) * 1e6) / 1e6)).toEqual([8.8, 20, 31.2]);
  expect(linearAxis([97], [440, 0]).scale.domain).toEqual([96.94, 97.06]);
  const down = linearAxis([0, 1], [440, 40]);
  expect([0, 0.5, 1].map((value) => Math.round(down.pixel(value)))).toEqual([419, 240, 61]);
  expect(down.value(240)).toBeCloseTo(0.5, 12);
});

it('a logarithmic axis has round marks, few enough to read', () => {
  const marksOf = (low: number, high: number) => logAxis([low, high], [0, 1]).axis.values;
  expect(marksOf(1, 1e6)).toEqual([1, 10, 100, 1000, 10_000, 100_000, 1_000_000]);
  expect(marksOf(1, 100)).toEqual([1, 3, 10, 30, 100]);
  expect(marksOf(10, 100)).toEqual([10, 20, 50, 100]);
  expect(marksOf(100, 400)).toEqual([100, 150, 200, 300]);
  expect(marksOf(547, 1332)).toEqual([600, 700, 800, 900, 1000, 1200, 1400]);
  // Nine marks are few enough; of ten powers and more each second is one, or third; three marks are too few.
  expect(marksOf(1, 1e8)).toHaveLength(9);
  expect(marksOf(1, 1e9)).toEqual([1, 1e2, 1e4, 1e6, 1e8]);
  expect(marksOf(1, 1e16)).toEqual([1, 1e2, 1e4, 1e6, 1e8, 1e10, 1e12, 1e14, 1e16]);
  expect(marksOf(1, 1e18)).toEqual([0.1, 1e2, 1e5, 1e8, 1e11, 1e14, 1e17]);
  // Where there is no room for four round numbers, those that there are.
  expect(marksOf(1000, 1000)).toEqual([1000]);
  expect(marksOf(1, 2000)).toEqual([1, 10, 100, 1000]);
  expect(logAxis([1, 10], [0, 1]).scale).toMatchObject({ type: 'log', nice: false });
  const { scale, pixel, value, axis } = logAxis([100, 10_000], [0, 112]);
  expect(scale.domain.map(Math.log10)).toEqual([expect.closeTo(1.88, 9), expect.closeTo(4.12, 9)]);
  expect([pixel(1000), value(56), pixel(10 ** 1.88)]).toEqual([
    expect.closeTo(56, 9),
    expect.closeTo(1000, 6),
    expect.closeTo(0, 9),
  ]);
  expect(axis).toMatchObject({ labelAngle: 0, format: ',~r', grid: true });
  // Around one value a tenth of a decade is taken.
  expect(logAxis([1000], [0, 1]).scale.domain.map(Math.log10)).toEqual([
    expect.closeTo(2.994, 9),
    expect.closeTo(3.006, 9),
  ]);
});

const FRAME = { width: 760, height: 460 };

it('a label takes the nearest free place: right, left, a line up, a line down, then centred and further off', () => {
  // A label of 10 letters at 10 pixels is 64 wide, 12 high; its lines are 13 apart.
  const text = 'ten words.';
  const at = (taken: Parameters<typeof freePlace>[4], x = 400, y = 200) => freePlace(x, y, text, 10, taken, FRAME);
  expect(textBox(3, 50, text, 10)).toEqual({ left: 3, right: 67, top: 44, bottom: 56 });
  const places = [
    [409, 200],
    [327, 200],
    [409, 187],
    [327, 187],
    [409, 213],
    [327, 213],
    [409, 174],
    [327, 174],
    [409, 226],
  ];
  const taken: { left: number; right: number; top: number; bottom: number }[] = [];
  for (const [left, middle] of places) {
    expect(at(taken)).toEqual({ left, middle, far: Math.abs(middle - 200) > 16 });
    // What takes a corner of that place, and nothing of the next ones to come.
    taken.push({ left, right: left + 64, top: middle - 6, bottom: middle + 6 });
  }
  // Above and below all is taken up to some lines: of those the nearest that is free.
  for (const [lines, rows] of [
    [5, 6],
    [7, 8],
    [9, 10],
    [11, 13],
    [14, 16],
  ]) {
    const around = { left: 0, right: 760, top: 230 - 13 * lines, bottom: 230 + 13 * lines };
    expect(freePlace(400, 230, text, 10, [around], FRAME).middle).toBeCloseTo(230 - 13 * rows, 9);
  }
  const sides = [435, 0].map((left, i) => ({ left, right: [760, 365][i], top: 0, bottom: 460 }));
  expect(at(sides)).toEqual({ left: 368, middle: 174, far: true });
  // Touching is no overlap.
  expect(at([{ left: 473, right: 480, top: 194, bottom: 206 }]).left).toBe(409);
  expect(at([{ left: 472, right: 480, top: 194, bottom: 206 }]).left).toBe(327);
  expect(at([{ left: 409, right: 480, top: 206, bottom: 300 }])).toMatchObject({ left: 409, middle: 200 });
  // Outside of the frame is no place, at each of its four sides.
  expect(at([], 688, 200)).toMatchObject({ left: 615, middle: 200 });
  expect(at([], 687, 200)).toMatchObject({ left: 696, middle: 200 });
  const right = { left: 49, right: 760, top: 0, bottom: 460 };
  expect(at([right], 73, 200)).toMatchObject({ left: 0, middle: 200 });
  expect(at([], 400, 6)).toMatchObject({ middle: 6 });
  expect(at([], 400, 5)).toMatchObject({ left: 409, middle: 18 });
  expect(at([], 400, 454)).toMatchObject({ middle: 454 });
  expect(at([], 400, 455)).toMatchObject({ left: 409, middle: 442 });
  // Where none is free, the one that hides least.
  const all = { left: 0, right: 760, top: 0, bottom: 460 };
  expect(at([all, { left: 391, right: 500, top: 0, bottom: 460 }])).toMatchObject({ left: 327, middle: 200 });
});
