import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { widthOf } from '../../../src/formats/format.js';
import { bankWriter } from '../../../src/outputs/vectors/portBank.js';
import { VECTOR_FORMATS, type VectorFormat } from '../../../src/outputs/words/index.js';
import { writingSet } from '../../../src/outputs/files/fileSet.js';
import type { Port } from '../../../src/outputs/words/port.js';
import { readWords } from '../../../src/outputs/words/read.js';
import { folderWith } from '../../cli/command.js';

async function read(path: string, port: Port, kind?: VectorFormat) {
  const words: { address: number; codes: readonly (bigint | undefined)[] }[] = [];
  for await (const { address, codes } of readWords(path, port, kind)) words.push({ address, codes });
  return words;
}

const FORMATS = ['binary', 'int5', 'int8', 'fp16', 'e4m3fn', 'int24', 'fp32', 'int48', 'fp64'];

it.each(VECTOR_FORMATS)('%s is read back as it was written', async (kind) => {
  const folder = folderWith();
  let sets = 0;
  const words = fc.record({
    format: fc.constantFrom(...FORMATS).map(formatNamed),
    lanes: fc.integer({ min: 1, max: 9 }),
    seeds: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(words, async ({ format, lanes, seeds }) => {
      const port: Port = { name: 'x', format, lanes };
      const rows = seeds.map((seed) =>
        Array.from({ length: lanes }, (_, i) => BigInt.asUintN(widthOf(format), seed ^ (seed >> BigInt(i * 5)))),
      );
      const name = await writingSet(folder, (set) => {
        const writer = bankWriter(set, kind, { name: 'x', ports: [port], depth: rows.length });
        for (const codes of rows) writer.row([codes]);
        writer.end();
        return set.entries()[0].name;
      });
      sets++;
      expect(await read(join(folder, name), port)).toEqual(rows.map((codes, address) => ({ address, codes })));
    }),
    { numRuns: 25 },
  );
  expect(sets).toBe(25);
});

const BYTE: Port = { name: 'x', format: formatNamed('int8'), lanes: 1 };
const PAIR: Port = { name: 'x', format: formatNamed('int4'), lanes: 2 };

/** As other tools write them. */
const FOREIGN: [string, VectorFormat | undefined, Port, string, (readonly [number, ...(bigint | undefined)[]])[]][] = [
  [
    'a.hex',
    undefined,
    BYTE,
    '// head /* no block\n@10 1f 2_0 /* a\n ff */ Ff\n@0020\nxx\n',
    [
      [16, 31n],
      [17, 32n],
      [18, 255n],
      [32, undefined],
    ],
  ],
  [
    'b.memb',
    undefined,
    PAIR,
    '1111_0001\n0000xz10 // z\n',
    [
      [0, 1n, 15n],
      [1, undefined, 0n],
    ],
  ],
  [
    'c.coe',
    undefined,
    BYTE,
    '; comment\nMemory_Initialization_Radix = 10 ;\nmemory_initialization_vector= 1, 2,\n255;',
    [
      [0, 1n],
      [1, 2n],
      [2, 255n],
    ],
  ],
  [
    'd.coe',
    undefined,
    BYTE,
    'memory_initialization_radix=2;\nmemory_initialization_vector=\n101\n11 ;\n',
    [
      [0, 5n],
      [1, 3n],
    ],
  ],
  [
    'e.mif',
    undefined,
    BYTE,
    '-- Quartus\nDEPTH=16; WIDTH=8;\nADDRESS_RADIX=HEX;\nDATA_RADIX=BIN;\nCONTENT\nBEGIN\n% a % 0 : 101;\n[a..b] : 1;\n1 : 10 11; -- two\nEND;\n7 : 1;\n',
    [
      [0, 5n],
      [10, 1n],
      [11, 1n],
      [1, 2n],
      [2, 3n],
    ],
  ],
  [
    'f.mif',
    undefined,
    BYTE,
    '00000101\n11111111\n',
    [
      [0, 5n],
      [1, 255n],
    ],
  ],
  [
    'g.json',
    undefined,
    BYTE,
    '[1, -2,\n "0xff"]',
    [
      [0, 1n],
      [1, 254n],
      [2, 255n],
    ],
  ],
  [
    'h.json',
    undefined,
    PAIR,
    '[[1,-1],["0x7", "2"]]\n',
    [
      [0, 1n, 15n],
      [1, 7n, 2n],
    ],
  ],
  [
    'i.h',
    undefined,
    BYTE,
    '/* = { 9 } */\nconst int8_t x[] = {1, 0x2, // three\n -1};\nint y[] = {7};',
    [
      [0, 1n],
      [1, 2n],
      [2, 255n],
    ],
  ],
  [
    'j.csv',
    undefined,
    PAIR,
    'cycle,result\r\n0,0x1 f\r\n1,"x 3"\r\n',
    [
      [0, 1n, 15n],
      [1, undefined, 3n],
    ],
  ],
  [
    'k.txt',
    'readmemh',
    BYTE,
    '01\n02',
    [
      [0, 1n],
      [1, 2n],
    ],
  ],
];

it.each(FOREIGN)('%s of another tool', async (name, kind, port, text, expected) => {
  const folder = folderWith({ [name]: text });
  const words = await read(join(folder, name), port, kind);
  expect(words).toEqual(expected.map(([address, ...codes]) => ({ address, codes })));
});

const WRONG: [string, string, RegExp][] = [
  ['a.memh', '01\n1ff\n', /a\.memh:2: 0x1ff is too wide; a word of x has 8 bits$/],
  ['b.memh', '0x12\n', /b\.memh:1: 0x12 is too wide; a word of x has 8 bits$/],
  ['c.memb', '012\n', /c\.memb:1: "012" is no word in radix 2$/],
  ['d.memh', '@zz 1\n', /d\.memh:1: "zz" is no address in radix 16$/],
  ['e.json', '[[1, 2]]', /e\.json:1: a word has 2 codes; x has 1$/],
  ['f.json', '[[1], [2]', /f\.json: the list of words is never closed by "\]"$/],
  ['g.json', '[300]', /g\.json:1: 300 is too wide; a code of x has 8 bits$/],
  ['h.csv', 'a,b\n1,2\n', /h\.csv: has no column "x" or "result": it has a, b$/],
  ['i.npy', 'text that is long enough for a header\n', /i\.npy: is no \.npy file$/],
  ['j.txt', '1\n', /j\.txt: its ending does not tell its kind; known are \.memh .* or name it with --format$/],
  ['k.mif', 'DATA_RADIX = ABC;\n', /k\.mif:1: radix ABC is not one of BIN, OCT, DEC, UNS, HEX$/],
];

it.each(WRONG)('%s: what is wrong is said with file and line', async (name, text, message) => {
  const folder = folderWith({ [name]: text });
  await expect(read(join(folder, name), BYTE)).rejects.toThrow(message);
});

it('numpy arrays of other types and byte orders', async () => {
  const folder = folderWith();
  const npy = (descr: string, shape: string, data: Buffer) => {
    const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117);
    return Buffer.concat([
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]),
      Buffer.from(`${header}\n`),
      data,
    ]);
  };
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
});

const present = spawnSync('iverilog', ['-V']).error === undefined;

it.skipIf(!process.env.CI && !present)('what $writememh of Icarus writes, unknown digits included', async () => {
  const source = `module tb; reg [11:0] m [0:3]; initial begin
    m[0] = 12'h0a5; m[1] = 12'bxxxx_0000_z1z1; m[3] = 12'hfff; $writememh("m.memh", m); end endmodule\n`;
  const folder = folderWith({ 'tb.sv': source });
  expect(spawnSync('iverilog', ['-g2012', '-o', 't', 'tb.sv'], { cwd: folder }).status).toBe(0);
  spawnSync('vvp', ['t'], { cwd: folder });
  const port: Port = { name: 'm', format: formatNamed('int4'), lanes: 3 };
  expect((await read(join(folder, 'm.memh'), port)).map(({ codes }) => codes)).toEqual([
    [5n, 10n, 0n],
    [undefined, 0n, undefined],
    [undefined, undefined, undefined],
    [15n, 15n, 15n],
  ]);
});
