import { expect, it } from 'vitest';
import { readIdxArray } from '../../src/data/idxArray.js';

/** Types of elements and the bytes of each, from yann.lecun.com/exdb/mnist. */
const EACH: Readonly<Record<number, [type: string, bytes: number]>> = {
  8: ['uint8', 1],
  9: ['int8', 1],
  11: ['int16', 2],
  12: ['int32', 4],
  13: ['float32', 4],
  14: ['float64', 8],
};

it('any first word is that of a known type with dimensions, or is refused with its digits', () => {
  const words = [
    ...Array.from({ length: 256 }, (_, type) => [0, 0, type, 1]),
    ...Array.from({ length: 256 }, (_, rank) => [0, 0, 8, rank]),
    ...[1, 8, 128, 255].flatMap((byte) => [
      [byte, 0, 8, 1],
      [0, byte, 8, 1],
    ]),
  ];
  for (const word of words) {
    const [first, second, type, rank] = word;
    const [name, bytes] = EACH[type] ?? ['', 0];
    const dimensions = Array.from({ length: rank }, () => [0, 0, 0, 1]).flat();
    const file = Uint8Array.from([...word, ...dimensions, ...new Array<number>(bytes).fill(0)]);
    const digits = word.map((byte) => byte.toString(16).padStart(2, '0')).join('');
    if (first === 0 && second === 0 && bytes > 0 && rank > 0)
      expect(readIdxArray(file, 'f')).toMatchObject({ type: name, shape: new Array<number>(rank).fill(1) });
    else
      expect(() => readIdxArray(file, 'f'), digits).toThrow(
        `f is not an IDX file: magic 0x${digits}, not 0x0000, a type`,
      );
  }
});
