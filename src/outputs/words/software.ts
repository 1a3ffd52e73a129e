import { widthOf } from '../../formats/format.js';
import { bytesOf, littleEndian } from '../bytes.js';
import type { Port } from '../port.js';
import type { WordFormat } from './wordFormat.js';

/** Bytes of the C or numpy type that holds one code: 1, 2, 4 or 8. */
function storageBytes({ format }: Port): number {
  const bytes = bytesOf(widthOf(format));
  return [1, 2, 4, 8].find((size) => size >= bytes) as number;
}

const hexCode = (code: bigint) => `0x${code.toString(16)}`;

/** numpy's format, version 1.0: an array [words, lanes] of unsigned codes, little-endian. */
export const npy: WordFormat = {
  extension: 'npy',
  begin(port, depth) {
    const bytes = storageBytes(port);
    const type = bytes === 1 ? '|u1' : `<u${bytes}`;
    const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${depth}, ${port.lanes}), }`;
    // Magic, version and length take 10 bytes; the data begins at a multiple of 64, after a newline.
    const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
    const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, length & 0xff, length >> 8]);
    return Buffer.concat([start, Buffer.from(`${header.padEnd(length - 1)}\n`)]);
  },
  word: (port, codes) => Buffer.concat(codes.map((code) => littleEndian(code, storageBytes(port) * 8))),
  end: () => '',
};

/** An array of words, each an array of codes in hex. */
export const json: WordFormat = {
  extension: 'json',
  begin: () => '[\n',
  word: (_port, codes, _address, last) =>
    `[${codes.map((code) => `"${hexCode(code)}"`).join(', ')}]${last ? '' : ','}\n`,
  end: () => ']\n',
};

/** A C header with one constant array [words][lanes]. */
export const c: WordFormat = {
  extension: 'h',
  begin: (port, depth) =>
    `#include <stdint.h>\n\nstatic const uint${storageBytes(port) * 8}_t ${port.name}[${depth}][${port.lanes}] = {\n`,
  word: (port, codes) => `  {${codes.map((code) => cLiteral(code, storageBytes(port))).join(', ')}},\n`,
  end: () => '};\n',
};

function cLiteral(code: bigint, bytes: number): string {
  return `${hexCode(code)}${bytes === 8 ? 'ull' : 'u'}`;
}
