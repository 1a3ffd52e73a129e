import { expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import type { Port } from '../../../src/outputs/words/port.js';
import { WORD_FORMATS, type WordFormatName } from '../../../src/outputs/words/index.js';

/** Two words of three int5 codes: 15 bits, lane 0 least significant. 1, 2, 31 is 11111 00010 00001. */
const PORT: Port = { name: 'a', format: formatNamed('int5'), lanes: 3 };
const WORDS = [
  [1n, 2n, 31n],
  [0n, 0n, 1n],
];

function bytesOf(part: string | Uint8Array): Buffer {
  return typeof part === 'string' ? Buffer.from(part) : Buffer.from(part);
}

function fileOf(name: WordFormatName): Buffer {
  const format = WORD_FORMATS[name];
  const words = WORDS.map((codes, i) => format.word(PORT, codes, i, i === WORDS.length - 1));
  return Buffer.concat([format.begin(PORT, 2), ...words, format.end(PORT)].map(bytesOf));
}

const HEAD = '// a: 2 words of 15 bits, 3 x int5, lane 0 least significant\n';

const TEXTS: Record<Exclude<WordFormatName, 'npy'>, string> = {
  readmemh: `${HEAD}7c41\n0400\n`,
  readmemb: `${HEAD}111110001000001\n000010000000000\n`,
  coe: 'memory_initialization_radix=16;\nmemory_initialization_vector=\n7c41,\n0400;\n',
  'mif-vivado': '111110001000001\n000010000000000\n',
  'mif-intel':
    'DEPTH = 2;\nWIDTH = 15;\nADDRESS_RADIX = UNS;\nDATA_RADIX = HEX;\nCONTENT BEGIN\n0 : 7c41;\n1 : 0400;\nEND;\n',
  json: '[\n["0x1", "0x2", "0x1f"],\n["0x0", "0x0", "0x1"]\n]\n',
  c: '#include <stdint.h>\n\nstatic const uint8_t a[2][3] = {\n  {0x1u, 0x2u, 0x1fu},\n  {0x0u, 0x0u, 0x1u},\n};\n',
};

it.each(Object.entries(TEXTS))('%s', (name, text) => {
  expect(fileOf(name as WordFormatName).toString()).toBe(text);
});

it('npy: version 1.0, data at a multiple of 64', () => {
  const file = fileOf('npy');
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
  expect(file.subarray(0, 10)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]));
  expect(file.subarray(10, 128).toString()).toBe(`${header.padEnd(117)}\n`);
  expect([...file.subarray(128)]).toEqual([1, 2, 31, 0, 0, 1]);
});
