import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatNamed, int } from '../../../src/formats/catalog.js';
import { writingSet } from '../../../src/outputs/files/fileSet.js';
import { bankWriter } from '../../../src/outputs/vectors/portBank.js';
import type { Port } from '../../../src/outputs/words/port.js';
import { readWords } from '../../../src/outputs/words/read.js';
import { folderWith } from '../../cli/command.js';

async function read(path: string, port: Port) {
  const words: { address: number; codes: readonly (bigint | undefined)[] }[] = [];
  for await (const { address, codes } of readWords(path, port)) words.push({ address, codes });
  return words;
}

const BYTE: Port = { name: 'x', format: formatNamed('int8'), lanes: 1 };

/** A file by NEP 1: magic, version, the header's length in 2 or 4 bytes, the header as Python's repr or any other spelling of it. */
function npyFile(version: 1 | 2 | 3, header: string, data: Uint8Array): Buffer {
  const text = Buffer.from(`${header}\n`);
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY'), Buffer.from([version, 0]), length, text, data]);
}

const header = (descr: string, fortran: string, shape: string) =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`;

/** A number of so many bytes in two's complement, in either order. */
function bytesOf(value: bigint, bytes: number, little: boolean): number[] {
  const wrapped = BigInt.asUintN(8 * bytes, value);
  const low = Array.from({ length: bytes }, (_, i) => Number((wrapped >> BigInt(8 * i)) & 0xffn));
  return little ? low : low.reverse();
}

it('numpy arrays of other types and byte orders', async () => {
  const folder = folderWith();
  const npy = (descr: string, shape: string, data: Buffer) =>
    npyFile(1, header(descr, 'False', shape).padEnd(117), data);
  const path = join(folder, 'x.npy');
  writeFileSync(path, npy('>i2', '2,', Buffer.from([0xff, 0xfb, 0, 5])));
  expect(await read(path, BYTE)).toEqual([
    { address: 0, codes: [0xfbn] },
    { address: 1, codes: [5n] },
  ]);
  writeFileSync(path, npy('<f4', '1, 2', Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0])));
  expect(await read(path, { name: 'x', format: formatNamed('fp32'), lanes: 2 })).toEqual([
    { address: 0, codes: [0x3f800000n, 0xc0000000n] },
  ]);
  writeFileSync(path, npy('<i2', '1,', Buffer.from([0x80, 0])));
  expect(await read(path, BYTE)).toEqual([{ address: 0, codes: [0x80n] }]);
  writeFileSync(path, npy('<i2', '1,', Buffer.from([0x7f, 0xff])));
  await expect(read(path, BYTE)).rejects.toThrow(/word 0: 0xff7f is too wide/);
  writeFileSync(path, npy('|u1', '3, 2', Buffer.alloc(6)));
  await expect(read(path, BYTE)).rejects.toThrow(/has shape \(3, 2\); it must be \(words, 1\) for x/);
  writeFileSync(path, npy('<f8', '1,', Buffer.alloc(8)));
  await expect(read(path, BYTE)).rejects.toThrow(/holds floats of 64 bits; codes of x are int8 of 8 bits/);
  writeFileSync(path, npy('|u1', '1,', Buffer.from([1, 2])));
  await expect(read(path, BYTE)).rejects.toThrow(/goes on behind the 1 word that its header announces/);
  writeFileSync(path, npy('|u1', '0,', Buffer.alloc(0)));
  await expect(read(path, BYTE)).rejects.toThrow(/holds no word of x/);
});

it('integers of every size, sign, byte order and version are the codes that they hold, or too wide', async () => {
  const path = join(folderWith(), 'x.npy');
  const seen = { held: 0, wide: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 2, 4, 8),
      fc.constantFrom('u', 'i'),
      fc.boolean(),
      fc.constantFrom(1, 2, 3 as const),
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 64 }),
      async (bytes, type, little, version, bits, lanes, draws, shift) => {
        const values = draws.flatMap((draw) =>
          Array.from({ length: lanes }, (_, lane) => {
            const narrow = BigInt.asIntN(8 * bytes, (draw >> BigInt(shift)) + BigInt(lane));
            return type === 'i' ? narrow : BigInt.asUintN(8 * bytes, narrow);
          }),
        );
        const order = bytes === 1 ? '|' : little ? '<' : '>';
        const shape = lanes === 1 && draws.length % 2 === 1 ? `${draws.length},` : `${draws.length}, ${lanes}`;
        const data = values.flatMap((value) => bytesOf(value, bytes, little));
        writeFileSync(path, npyFile(version, header(`${order}${type}${bytes}`, 'False', shape), Uint8Array.from(data)));
        const port: Port = { name: 'x', format: int(bits), lanes };
        // A code of so many bits, or a negative number whose two's complement has no more.
        const held = values.every((value) => value < 2n ** BigInt(bits) && value >= -(2n ** BigInt(bits - 1)));
        seen[held ? 'held' : 'wide']++;
        if (held)
          expect(await read(path, port)).toEqual(
            draws.map((_, address) => ({
              address,
              codes: values.slice(address * lanes, (address + 1) * lanes).map((value) => BigInt.asUintN(bits, value)),
            })),
          );
        else
          await expect(read(path, port)).rejects.toThrow(/x\.npy: word \d+: 0x[\da-f]+ is too wide; a code of x has/);
      },
    ),
    { numRuns: 300, seed: 51 },
  );
  expect(Math.min(seen.held, seen.wide), JSON.stringify(seen)).toBeGreaterThan(50);
});

it('a header may have its keys in any order and quotes of either kind', async () => {
  const path = join(folderWith(), 'x.npy');
  const codes = [1n, 2n].map((code, address) => ({ address, codes: [code] }));
  for (const text of [
    `{"shape": (2L,), "descr": "|u1", "fortran_order": False}`,
    `{'fortran_order': False,'shape':(2 , 1 ),   'descr':'|i1'}`,
    `{'descr': '=u1', 'fortran_order': True, 'shape': (2, 1)}`,
    `{'descr': '|b1', 'fortran_order': True, 'shape': (2,)}`,
  ]) {
    writeFileSync(path, npyFile(1, text, Uint8Array.of(1, 2)));
    expect(await read(path, BYTE), text).toEqual(codes);
  }
  writeFileSync(path, npyFile(1, header('|u1', 'False', ''), Uint8Array.of(7)));
  expect(await read(path, BYTE)).toEqual([{ address: 0, codes: [7n] }]);
});

const REFUSED: [string, string, Buffer, RegExp][] = [
  [
    'columns first',
    'pair',
    npyFile(1, header('|u1', 'True', '2, 2'), Buffer.alloc(4)),
    /is in Fortran order; save it in C order$/,
  ],
  [
    'three axes',
    'byte',
    npyFile(1, header('|u1', 'False', '2, 1, 1'), Buffer.alloc(2)),
    /has shape \(2, 1, 1\); it must be \(words, 1\) for x$/,
  ],
  [
    'complex numbers',
    'byte',
    npyFile(1, header('<c8', 'False', '1,'), Buffer.alloc(8)),
    /holds \{'descr': '<c8'.*it must be an array of numbers of 1, 2, 4 or 8 bytes$/,
  ],
  [
    'floats of another width',
    'half',
    npyFile(1, header('<f4', 'False', '1,'), Buffer.alloc(4)),
    /holds floats of 32 bits; codes of x are fp16 of 16 bits: save them as integers$/,
  ],
  [
    'a version to come',
    'byte',
    Buffer.from([0x93, ...Buffer.from('NUMPY'), 4, 0]),
    /is a \.npy file of version 4; versions 1, 2 and 3 are read$/,
  ],
  [
    'no version',
    'byte',
    Buffer.from([0x93, ...Buffer.from('NUMPY'), 0, 0]),
    /is a \.npy file of version 0; versions 1, 2 and 3 are read$/,
  ],
];
const PORTS: Record<string, Port> = {
  byte: BYTE,
  pair: { ...BYTE, lanes: 2 },
  half: { ...BYTE, format: formatNamed('fp16') },
};

it.each(REFUSED)('%s: refused', async (_what, port, file, message) => {
  const path = join(folderWith(), 'x.npy');
  writeFileSync(path, file);
  await expect(read(path, PORTS[port])).rejects.toThrow(message);
});

it('one row or one column lies alike in both orders', async () => {
  const path = join(folderWith(), 'x.npy');
  writeFileSync(path, npyFile(1, header('|u1', 'True', '1, 2'), Uint8Array.of(3, 4)));
  expect(await read(path, PORTS.pair)).toEqual([{ address: 0, codes: [3n, 4n] }]);
});

it('what is written has the smallest type, and begins its data at a multiple of 64', async () => {
  const folder = folderWith();
  for (const bits of [1, 8, 9, 16, 17, 32, 33, 64]) {
    const format = int(bits);
    const bytes = [1, 2, 4, 8].find((size) => 8 * size >= bits) as number;
    for (const [lanes, depth] of [
      [1, 1],
      [3, 12],
      [120, 2],
    ]) {
      const codes = Array.from({ length: depth }, (_, row) =>
        Array.from({ length: lanes }, (_, lane) =>
          BigInt.asUintN(bits, 0x9e3779b97f4a7c15n * BigInt(row * lanes + lane + 1)),
        ),
      );
      await writingSet(folder, (set) => {
        const writer = bankWriter(set, 'npy', { name: 'x', ports: [{ name: 'x', format, lanes }], depth });
        for (const row of codes) writer.row([row]);
        writer.end();
      });
      const file = readFileSync(join(folder, 'x.npy'));
      const text = header(bytes === 1 ? '|u1' : `<u${bytes}`, 'False', `${depth}, ${lanes}`);
      const start = Math.ceil((10 + text.length + 1) / 64) * 64;
      const data = codes.flat().flatMap((code) => bytesOf(code, bytes, true));
      expect(file.equals(npyFile(1, text.padEnd(start - 11), Uint8Array.from(data))), format.name).toBe(true);
    }
  }
});

it('every strict prefix of a .npy file is refused, whatever the size of its codes', async () => {
  const folder = folderWith();
  const path = join(folder, 'cut.npy');
  for (const bits of [5, 64]) {
    const port: Port = { name: 'x', format: int(bits), lanes: 2 };
    await writingSet(folder, (set) => {
      const writer = bankWriter(set, 'npy', { name: 'x', ports: [port], depth: 3 });
      for (const code of [1n, 2n, 3n]) writer.row([[code, code]]);
      writer.end();
    });
    const whole = readFileSync(join(folder, 'x.npy'));
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(read(path, port), `${length} bytes`).rejects.toThrow(/cut\.npy: is no whole \.npy file/);
    }
    writeFileSync(path, whole);
    expect(await read(path, port)).toEqual([1n, 2n, 3n].map((code, address) => ({ address, codes: [code, code] })));
    writeFileSync(path, Buffer.concat([whole, Uint8Array.of(0)]));
    await expect(read(path, port)).rejects.toThrow(/cut\.npy: goes on behind the 3 words that its header announces$/);
  }
});

it.each([117, 118, 119, 120, 121])(
  'words go on over the chunks that a file is read in, with a header of %i characters',
  async (width) => {
    // Some chunk ends inside a word, wherever the first one begins.
    const port: Port = { name: 'x', format: formatNamed('int64'), lanes: 1 };
    const count = 40_000;
    const data = Buffer.alloc(8 * count);
    for (let i = 0; i < count; i++) data.writeBigInt64LE(BigInt(i) * 0x1234567n - 7n, 8 * i);
    const path = join(folderWith(), 'x.npy');
    writeFileSync(path, npyFile(1, header('<i8', 'False', `${count},`).padEnd(width), data));
    const words = await read(path, port);
    expect(words).toHaveLength(count);
    const wrong = words.findIndex(
      ({ address, codes }, i) => address !== i || codes[0] !== BigInt.asUintN(64, BigInt(i) * 0x1234567n - 7n),
    );
    expect(wrong).toBe(-1);
  },
);

it('wider integers are codes where they lie in the range of the port, of either sign', async () => {
  const folder = folderWith();
  const path = join(folder, 'x.npy');
  const readOne = (value: number, bits: number, signed: boolean) => {
    writeFileSync(
      path,
      npyFile(1, header('<i2', 'False', '1,').padEnd(117), Buffer.from(bytesOf(BigInt(value), 2, true))),
    );
    return read(path, { name: 'x', format: int(bits, signed), lanes: 1 });
  };
  for (const bits of [2, 3, 8, 12]) {
    // As two's complement, or as the code itself.
    for (const value of [-(2 ** (bits - 1)), -(2 ** (bits - 2)) - 1, -1, 0, 2 ** (bits - 1) - 1, 2 ** bits - 1])
      expect(await readOne(value, bits, true)).toEqual([{ address: 0, codes: [BigInt.asUintN(bits, BigInt(value))] }]);
    for (const value of [-(2 ** (bits - 1)) - 1, 2 ** bits])
      await expect(readOne(value, bits, true)).rejects.toThrow(`is too wide; a code of x has ${bits} bits`);
  }
});
