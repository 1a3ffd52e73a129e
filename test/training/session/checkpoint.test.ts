import { describe, expect, it } from 'vitest';
import { checkpointBytes, readCheckpoint } from '../../../src/training/session/checkpoint.js';

const KEPT = { at: 7, loss: -Infinity, list: [{ at: Infinity, name: 'x\n"y' }] };
const state = () => [
  { name: 'w', data: Float32Array.of(1.5, -0, Number.NaN) },
  { name: 'empty', data: new Float64Array(0) },
  { name: 'scale', data: Float64Array.of(Math.PI, Infinity) },
  // A part of a larger array, at a place where no number of its width could begin.
  { name: 'part', data: new Float32Array(5).fill(3).subarray(1, 2) },
];

const bytesOf = () => checkpointBytes({ kept: KEPT, state: state() });

describe('a checkpoint', () => {
  it('gives back what was put in, from bytes that lie anywhere', () => {
    const bytes = bytesOf();
    for (let shift = 0; shift < 8; shift++) {
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      expect(readCheckpoint(moved.subarray(shift), 'c')).toEqual({ kept: KEPT, state: state() });
    }
  });

  it('is a line of JSON and the numbers, little-endian', () => {
    const bytes = bytesOf();
    const end = bytes.indexOf(0x0a);
    expect(JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()).arrays).toEqual([
      { name: 'w', bytes: 4, length: 3 },
      { name: 'empty', bytes: 8, length: 0 },
      { name: 'scale', bytes: 8, length: 2 },
      { name: 'part', bytes: 4, length: 1 },
    ]);
    const body = bytes.subarray(end + 1);
    expect(body).toHaveLength(12 + 16 + 4);
    expect(Buffer.from(body).readFloatLE(0)).toBe(1.5);
    expect(Buffer.from(body).readDoubleLE(12)).toBe(Math.PI);
    expect(Buffer.from(body).readFloatLE(28)).toBe(3);
  });

  it('is refused with any bit of it turned, with any end of it lost, and with more behind it', () => {
    const bytes = bytesOf();
    const refused =
      /^c(:1)?( is no checkpoint|: the checkpoint is damaged| ends within \w+): take --fresh to begin again$/;
    for (let at = 0; at < bytes.length; at++) {
      const turned = Uint8Array.from(bytes);
      turned[at] ^= 1 << (at % 8);
      expect(() => readCheckpoint(turned, 'c'), `byte ${at}`).toThrow(refused);
      expect(() => readCheckpoint(bytes.subarray(0, at), 'c'), `first ${at}`).toThrow(refused);
    }
    expect(() => readCheckpoint(Buffer.concat([bytes, bytes.subarray(0, 1)]), 'c')).toThrow(
      'c:1: the checkpoint is damaged',
    );
  });

  it.each([
    [null],
    [7],
    [{ name: 'w', bytes: 4, length: 1 }],
    [[null]],
    [[{ name: 7, bytes: 4, length: 1 }]],
    [[{ name: 'w', bytes: 2, length: 1 }]],
    [[{ name: 'w', bytes: 4, length: 0.5 }]],
    [[{ name: 'w', bytes: 4, length: -1 }]],
    [[{ name: 'w', bytes: 8, length: '1' }]],
    [
      [
        { name: 'w', bytes: 4, length: 1 },
        { bytes: 4, length: 1 },
      ],
    ],
  ])('whose arrays are %j is damaged', (arrays) => {
    const bytes = Buffer.concat([Buffer.from(`${JSON.stringify({ kept: 0, arrays, sha256: '' })}\n`), Buffer.alloc(8)]);
    expect(() => readCheckpoint(bytes, 'c')).toThrow('c:1: the checkpoint is damaged: take --fresh to begin again');
  });

  it.each(['', '\n', 'null\n', '7\n', 'nonsense\n'])('%j is none', (text) => {
    expect(() => readCheckpoint(Buffer.from(text), 'c')).toThrow('c is no checkpoint: take --fresh to begin again');
  });
});
