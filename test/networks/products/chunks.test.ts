import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import { executeLayer } from '../../../src/networks/execute.js';
import type { Arithmetic, DenseLayer } from '../../../src/networks/network.js';
import { codeTensor, dequantize, perTensor } from '../../../src/networks/quantization.js';

describe('rows in chunks', () => {
  /** An arithmetic that gives the first operand of each row, and how many rows it was asked for each time. */
  function first(whole: boolean): { arithmetic: Arithmetic; counts: number[] } {
    const counts: number[] = [];
    const sums = (a: ArrayLike<number>, { m, n, k }: { m: number; n: number; k: number }) => {
      counts.push(m);
      const given = new Float64Array(m * n);
      for (let row = 0; row < m; row++) given.fill(a[row * k], row * n, (row + 1) * n);
      return given;
    };
    const arithmetic: Arithmetic = {
      ...{ name: 'first', whole },
      values: (a, _b, job) => Float32Array.from(sums(a, job)),
      codes: (a, _b, job) => sums(a, job),
    };
    return { arithmetic, counts };
  }
  const MIB = 2 ** 20;

  /** Rows, inputs of a row, filters, and rows of a chunk: 4 MiB of operands or of float64 sums, in fours. */
  it.each([
    [7, MIB, 1, 4],
    [9, MIB / 2 - 1, 1, 8],
    [9, MIB / 2 + 1, 1, 4],
    [5, 5 * MIB, 1, 4],
    [9, 2, 2 ** 16, 8],
    [9, 2, 2 ** 16 + 1, 4],
  ])('%i rows of %i codes for %i filters go by %i, or all at once', (m, k, n, chunk) => {
    const data = new Uint8Array(m * k);
    for (let row = 0; row < m; row++) data[row * k] = row % 100;
    const x = codeTensor([m, k], data, perTensor(fitTo(formatNamed('int8'), {}), 1));
    const weight = codeTensor([n, k], new Uint8Array(n * k), perTensor(fitTo(formatNamed('int8'), {}), 1));
    const layer: DenseLayer = {
      op: 'dense',
      name: 'd',
      inputs: ['x'],
      outputs: ['d'],
      weight,
      result: { kind: 'dequantize' },
    };
    const wanted = new Float32Array(m * n);
    for (let row = 0; row < m; row++) wanted.fill(row % 100, row * n, (row + 1) * n);
    for (const whole of [false, true]) {
      const { arithmetic, counts } = first(whole);
      const { data: found } = dequantize(executeLayer(layer, [x], arithmetic)[0]);
      expect(found.findIndex((value, i) => value !== wanted[i])).toBe(-1);
      const full = Array.from({ length: Math.floor(m / chunk) }, () => chunk);
      expect(counts).toEqual(whole ? [m] : m % chunk === 0 ? full : [...full, m % chunk]);
    }
  });
});
