import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../../src/networks/tensor.js';
import { at, call, factsOf, indicesOf, integersOf, reals, realsOf } from './calls.js';

describe('MaxUnpool', () => {
  it.each([
    { input: [2, 3, 4, 6], kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] },
    { input: [1, 2, 5, 7], kernel: [3, 2], strides: [3, 2], pads: [1, 0, 0, 1] },
    { input: [2, 1, 6], kernel: [3], strides: [3], pads: [0, 0] },
    { input: [1, 2, 4, 4, 2], kernel: [2, 2, 2], strides: [2, 2, 2], pads: [0, 0, 0, 0, 0, 0] },
  ])('of what MaxPool gives: the maxima where they were, zeros elsewhere (%o)', ({ input, kernel, strides, pads }) => {
    const x = reals(input, 5);
    const windows = { kernel_shape: kernel, strides, pads };
    const [most, places] = call('MaxPool', [x], windows, 2);
    const kept = new Set(places.data);
    const wanted = x.data.map((value, i) => (kept.has(i) ? value : 0));
    const shape = integersOf([input.length], 'int64', input);
    expect(call('MaxUnpool', [most, places, shape], windows)[0]).toEqual({ ...x, data: wanted });
    // A shape that the windows give is that of the input where they cover all of it.
    if (pads.every((pad) => pad === 0))
      expect(call('MaxUnpool', [most, places], windows)[0]).toEqual({ ...x, data: wanted });
  });

  it('into a longer row: places count in the shape of the windows', () => {
    const [x, places] = [realsOf([1, 1, 1, 2], [5, 6]), integersOf([1, 1, 1, 2], 'int64', [1, 6])];
    const shape = integersOf([4], 'int64', [1, 1, 3, 5]);
    // Windows of 2 x 2 give 2 x 4: place 6 is row 1, column 2.
    const [found] = call('MaxUnpool', [x, places, shape], { kernel_shape: [2, 2], strides: [2, 2] });
    expect(Array.from(found.data)).toEqual([0, 5, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('refuses places outside', () => {
    const windows = { kernel_shape: [2], strides: [2] };
    const run = (places: number[], shape: number[]) =>
      call(
        'MaxUnpool',
        [realsOf([1, 1, 2], [5, 6]), integersOf([1, 1, 2], 'int64', places), integersOf([3], 'int64', shape)],
        windows,
      )[0];
    expect(Array.from(run([0, 3], [1, 1, 4]).data)).toEqual([5, 0, 0, 6]);
    expect(() => run([-1, 3], [1, 1, 4])).toThrow('puts an element at -1 of 4');
    expect(() => run([0, 3], [1, 1, 3])).toThrow('puts an element at 3 of 3');
    expect(Array.from(run([0, 2], [1, 1, 3]).data)).toEqual([5, 0, 6]);
  });
});

describe('Col2Im', () => {
  it.each([
    { image: [4, 5], block: [2, 3], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] },
    { image: [5, 4], block: [3, 2], strides: [2, 1], dilations: [1, 2], pads: [1, 0, 2, 1] },
    { image: [7], block: [2], strides: [2], dilations: [3], pads: [1, 1] },
    { image: [3, 2, 4], block: [2, 1, 2], strides: [1, 2, 1], dilations: [1, 1, 2], pads: [0, 0, 1, 0, 1, 0] },
  ])('sums patches up where they lie (%o)', ({ image, block, strides, dilations, pads }) => {
    const [n, channels] = [2, 3];
    const counts = image.map((length, axis) => {
      const free = length + pads[axis] + pads[axis + image.length] - dilations[axis] * (block[axis] - 1) - 1;
      return Math.floor(free / strides[axis]) + 1;
    });
    const shape = [n, channels * sizeOf(block), sizeOf(counts)];
    // Eighths, so that sums are exact.
    const x = reals(shape, 9);
    x.data.forEach((value, i) => (x.data[i] = Math.round(value * 8) / 8));
    const wanted = new Float32Array(n * channels * sizeOf(image));
    for (const [b, c] of indicesOf([n, channels]))
      indicesOf(block).forEach((tap, t) =>
        indicesOf(counts).forEach((place, p) => {
          const to = image.map((_, axis) => place[axis] * strides[axis] + tap[axis] * dilations[axis] - pads[axis]);
          if (to.some((i, axis) => i < 0 || i >= image[axis])) return;
          const pixel = to.reduce((sum, i, axis) => sum * image[axis] + i, 0);
          wanted[(b * channels + c) * sizeOf(image) + pixel] += at(x, [b, c * sizeOf(block) + t, p]);
        }),
      );
    const operands = [x, ...[image, block].map((list) => integersOf([list.length], 'int64', list))];
    const attributes = { strides, dilations, pads };
    expect(factsOf('Col2Im', operands, attributes, { stored: [1, 2] })).toEqual([{ shape: [n, channels, ...image] }]);
    expect(call('Col2Im', operands, attributes)[0]).toEqual(realsOf([n, channels, ...image], Array.from(wanted)));
    if ([...strides, ...dilations].every((step) => step === 1) && pads.every((pad) => pad === 0))
      expect(call('Col2Im', operands)[0].data).toEqual(wanted);
  });
});
