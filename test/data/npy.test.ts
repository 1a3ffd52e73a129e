import { describe, expect, it } from 'vitest';
import { widenBrainFloats, widenHalves } from '../../src/data/halves.js';
import { readNpy, writeNpy } from '../../src/data/npy.js';
import { readNpz } from '../../src/data/npz.js';
import type { NumberArray } from '../../src/data/numbers.js';
import { reordered } from '../../src/data/reorder.js';
import { type NumpyFile, numpyFile } from './numpyFiles.js';

const read = (name: NumpyFile) => readNpy(numpyFile(name), 'x.npy');

describe('files that NumPy wrote', () => {
  it.each<[NumpyFile, NumberArray]>([
    [
      'f4',
      {
        type: 'float32',
        shape: [2, 3],
        data: Float32Array.of(1.5, -0, Infinity, 2 ** -149, 0.1, -(2 - 2 ** -23) * 2 ** 127),
      },
    ],
    ['f4beFortran', { type: 'float32', shape: [2, 3], data: Float32Array.of(0.25, 1.25, 2.25, 3.25, 4.25, 5.25) }],
    ['i2be', { type: 'int16', shape: [3], data: Int16Array.of(-32768, 258, 32767) }],
    ['u1ThreeFortran', { type: 'uint8', shape: [2, 3, 4], data: Uint8Array.from({ length: 24 }, (_, i) => i) }],
    ['i8', { type: 'int64', shape: [3], data: Float64Array.of(1 - 2 ** 53, 0, 2 ** 53 - 1) }],
    ['f8v2', { type: 'float64', shape: [3], data: Float64Array.of(0.1, 5e-324, -0) }],
    ['i4v3', { type: 'int32', shape: [], data: Int32Array.of(-7) }],
    ['bool', { type: 'bool', shape: [2, 1], data: Uint8Array.of(1, 0) }],
    ['f2', { type: 'float16', shape: [4], data: Float32Array.of(1, -2.5, 65504, 2 ** -24) }],
    ['empty', { type: 'uint32', shape: [0, 3], data: new Uint32Array() }],
    ['i1', { type: 'int8', shape: [2], data: Int8Array.of(-128, 127) }],
    ['u2', { type: 'uint16', shape: [1], data: Uint16Array.of(65535) }],
    ['u4', { type: 'uint32', shape: [1], data: Uint32Array.of(4294967295) }],
  ])('%s', (name, wanted) => expect(read(name)).toEqual(wanted));

  it.each<[NumpyFile, string]>([
    ['void2', "x.npy holds elements of type '|V2': NumPy writes bfloat16 so, without a name; save x.astype('float32')"],
    ['void1', "x.npy holds elements of type '|V1': NumPy writes 8-bit floats and 4-bit numbers so"],
    ['complex', "x.npy holds elements of type '<c8', complex numbers: save real and imaginary parts as real arrays"],
    ['record', 'x.npy holds records of several fields: save each field as an array of its own'],
    ['text', "x.npy holds elements of type '<U2': bool, integers of 8 to 64 bits and floats of 16 to 64 bits are read"],
    ['u8big', 'x.npy holds 9007199254740992 at index 1: integers up to 2^53 are read'],
  ])('%s is refused', (name, message) => expect(() => read(name)).toThrow(message));

  it('from within other memory, where elements are not aligned', () => {
    const file = numpyFile('f8v2');
    for (let shift = 0; shift < 8; shift++) {
      const memory = Buffer.concat([Buffer.alloc(shift, 0xff), file, Buffer.alloc(8, 0xff)]);
      expect(readNpy(memory.subarray(shift, shift + file.length), 'x.npy')).toEqual(read('f8v2'));
    }
  });

  it('cut anywhere, too long, or not of the format: one line that begins with the path', () => {
    const bytes = numpyFile('f4');
    for (let length = 0; length < bytes.length; length++)
      expect(() => readNpy(bytes.subarray(0, length), 'x.npy')).toThrow(/^x\.npy (is no \.npy file|is cut): /);
    expect(() => readNpy(Uint8Array.of(...bytes, 0), 'x.npy')).toThrow(
      "x.npy is too long: its header says 2x3 of '<f4', 24 bytes, and 25 follow",
    );
    expect(() => readNpy(bytes.with(6, 4), 'x.npy')).toThrow('x.npy is of version 4 of the .npy format: 1, 2 and 3');
    expect(() => readNpy(bytes.with(11, 0x5b), 'x.npy')).toThrow(
      'a header that says no descr, fortran_order and shape',
    );
  });

  it('with a header of Python 2, and of a tuple without the last comma', () => {
    const text = "{'shape': (2L,), 'fortran_order': False, 'descr': '|u1'}\n";
    const head = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0);
    const file = Uint8Array.of(...head, ...new TextEncoder().encode(text), 8, 9);
    expect(readNpy(file, 'x.npy')).toEqual({ type: 'uint8', shape: [2], data: Uint8Array.of(8, 9) });
  });
});

describe('what is written', () => {
  it.each<NumpyFile>(['f4', 'i8', 'i1', 'u2', 'u4', 'empty'])('%s is as NumPy writes it, byte for byte', (name) =>
    expect(writeNpy(read(name))).toEqual(numpyFile(name)),
  );

  it.each<[NumberArray, string, Uint8Array]>([
    [{ type: 'bool', shape: [2], data: Uint8Array.of(1, 0) }, '|u1', Uint8Array.of(1, 0)],
    [{ type: 'int4', shape: [2], data: Int8Array.of(-8, 7) }, '|i1', Uint8Array.of(0xf8, 7)],
    [{ type: 'uint2', shape: [1], data: Uint8Array.of(3) }, '|u1', Uint8Array.of(3)],
    [{ type: 'float8e4m3fn', shape: [1], data: Uint8Array.of(0x7e) }, '|u1', Uint8Array.of(0x7e)],
    [{ type: 'bfloat16', shape: [1], data: Float32Array.of(-0) }, '<f4', Uint8Array.of(0, 0, 0, 0x80)],
    [{ type: 'uint64', shape: [], data: Float64Array.of(258) }, '<u8', Uint8Array.of(2, 1, 0, 0, 0, 0, 0, 0)],
  ])('%o', (array, descr, body) => {
    const bytes = writeNpy(array);
    expect(bytes.length % 64).toBe(body.length);
    expect(new TextDecoder('latin1').decode(bytes)).toContain(`'descr': '${descr}'`);
    expect(bytes.subarray(-body.length)).toEqual(body);
  });

  it('keeps the bits of every NaN, signalling ones too, also in Fortran order', () => {
    const words = Uint32Array.of(0x7f800001, 0xffc12345, 0x7fc00000, 0x80000000, 0x00000001, 0xffbfffff);
    const array: NumberArray = { type: 'float32', shape: [2, 3], data: new Float32Array(words.buffer) };
    const back = readNpy(writeNpy(array), 'x.npy').data;
    expect(new Uint32Array(back.buffer, back.byteOffset, back.length)).toEqual(words);
    const turned = reordered(array, [1, 0]).data;
    expect(new Uint32Array(turned.buffer)).toEqual(
      Uint32Array.of(words[0], words[3], words[1], words[4], words[2], words[5]),
    );
  });

  it('is refused where shape and data differ', () =>
    expect(() => writeNpy({ type: 'int8', shape: [3], data: Int8Array.of(1) })).toThrow(
      'writeNpy: shape 3 needs 3 numbers, found 1',
    ));
});

describe('halves', () => {
  it('all 65,536 codes have the value that IEEE 754 gives them', () => {
    const codes = Uint16Array.from({ length: 65536 }, (_, code) => code);
    const floats = widenHalves(codes);
    const words = new Uint32Array(floats.buffer);
    let count = 0;
    for (let code = 0; code < 65536; code++) {
      const [sign, exponent, mantissa] = [code >> 15 ? -1 : 1, (code >> 10) & 31, code & 1023];
      if (exponent === 31 && mantissa > 0) {
        expect(words[code]).toBe((((code >> 15) << 31) | 0x7f800000 | (mantissa << 13)) >>> 0);
      } else {
        const size =
          exponent === 31 ? Infinity : 2 ** (Math.max(exponent, 1) - 25) * ((exponent > 0 ? 1024 : 0) + mantissa);
        expect(Object.is(floats[code], sign * size)).toBe(true);
      }
      count++;
    }
    expect(count).toBe(65536);
  });

  it('bfloat16 is the upper half of float32', () => {
    const codes = Uint16Array.of(0x3f80, 0x8000, 0x0001, 0x7f81, 0xff80);
    expect(new Uint32Array(widenBrainFloats(codes).buffer)).toEqual(Uint32Array.from(codes, (code) => code << 16));
  });
});

describe('archives of NumPy', () => {
  it('stored', () => {
    const arrays = readNpz(numpyFile('npz'), 'x.npz');
    expect([...arrays]).toEqual([
      ['x', { type: 'float32', shape: [2, 2], data: Float32Array.of(0, 1, 2, 3) }],
      ['y', { type: 'int64', shape: [2], data: Float64Array.of(1, 0) }],
    ]);
  });

  it('deflated', () => {
    const arrays = readNpz(numpyFile('npzc'), 'x.npz');
    expect([...arrays.keys()]).toEqual(['a', 'b', 'out']);
    expect(arrays.get('b')).toEqual({ type: 'int64', shape: [1, 2], data: Float64Array.of(1, 2) });
  });

  it('cut: one line', () => {
    const bytes = numpyFile('npzc');
    for (let length = 4; length < bytes.length; length++)
      expect(() => readNpz(bytes.subarray(0, length), 'x.npz')).toThrow(/^x\.npz is not a whole \.npz file/);
  });

  it.each<NumpyFile>(['npz', 'npzc'])('a flipped bit of an array in %s: one line', (name) => {
    const bytes = numpyFile(name);
    // The last byte of the first array is before the second local header; stored, it is a byte of a number.
    const second = Buffer.from(bytes).indexOf(Buffer.from('PK\x03\x04'), 4);
    expect(() => readNpz(bytes.with(second - 1, bytes[second - 1] ^ 1), 'x.npz')).toThrow(
      /^x\.npz is not a whole \.npz file \(.+\): write it again$/,
    );
  });

  it('without an array', () => {
    const empty = Buffer.alloc(22);
    empty.writeUInt32LE(0x06054b50);
    expect(() => readNpz(empty, 'x.npz')).toThrow('x.npz holds no array');
  });
});
