import { bytesFrom } from '../../text/lines.js';
import { counted } from '../../text/plural.js';
import { littleEndian } from '../files/bytes.js';
import { type Port, wordBits } from './port.js';
import { type ReadWord, storageBytes } from './reading.js';
import type { WordFormat } from './wordFormat.js';

/** What the header of a .npy file says. */
interface Header {
  littleEndian: boolean;
  type: 'u' | 'i' | 'f' | 'b';
  bytes: number;
  fortran: boolean;
  /** Words, and codes in each. */
  shape: readonly number[];
}

const MAGIC = Buffer.from([0x93, ...Buffer.from('NUMPY')]);
/** Magic, two bytes of version, and the header's length in two bytes, or in four from version 2 on. */
const PREFIX = 12;

/** Where the header's text begins, and the data. */
function startOf(file: Buffer): { text: number; data: number } {
  return file[6] >= 2 ? { text: 12, data: 12 + file.readUInt32LE(8) } : { text: 10, data: 10 + file.readUInt16LE(8) };
}

/** The header: a dictionary of Python with the keys descr, fortran_order and shape, in any order. */
function headerOf(text: string, name: string): Header {
  const type = /(['"])descr\1:\s*(['"])([<>|=])([uifb])([1248])\2/.exec(text);
  const shape = /(['"])shape\1:\s*\(([\dL,\s]*)\)/.exec(text);
  const order = /(['"])fortran_order\1:\s*(True|False)/.exec(text);
  if (type === null || shape === null || order === null)
    throw new Error(`${name}: holds ${text.trim()}; it must be an array of numbers of 1, 2, 4 or 8 bytes`);
  return {
    littleEndian: type[3] !== '>',
    type: type[4] as Header['type'],
    bytes: Number(type[5]),
    fortran: order[2] === 'True',
    shape: [...shape[2].matchAll(/\d+/g)].map(Number),
  };
}

/**
 * An array of numpy (NEP 1; versions 1 to 3): words, or words by codes. Codes are integers (negative ones in two's
 * complement), or floats by their bits.
 */
async function* readNpy(chunks: AsyncIterable<Buffer>, port: Port, name: string): AsyncGenerator<ReadWord> {
  let header: Header | undefined;
  let rest: Buffer = Buffer.alloc(0);
  let address = 0;
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (header === undefined) {
      refuseOthers(rest, name);
      if (rest.length < PREFIX || rest.length < startOf(rest).data) continue;
      const { text, data } = startOf(rest);
      header = checked(headerOf(rest.toString('latin1', text, data), name), port, name);
      rest = rest.subarray(data);
    }
    const [count] = countsOf(header);
    const size = header.bytes * port.lanes;
    let at = 0;
    for (; at + size <= rest.length && address < count; at += size)
      yield { address, codes: wordAt(rest, at, header, port, `${name}: word ${address}`), line: ++address };
    rest = rest.subarray(at);
    if (address === count && rest.length > 0)
      throw new Error(`${name}: goes on behind the ${counted(count, 'word')} that its header announces`);
  }
  if (header === undefined) throw new Error(`${name}: is no whole .npy file: it ends within its header`);
  const [count] = countsOf(header);
  if (address < count)
    throw new Error(
      `${name}: is no whole .npy file: its header announces ${counted(count, 'word')}, and it ends ${rest.length > 0 ? 'in the middle of' : 'before'} word ${address}`,
    );
}

function refuseOthers(file: Buffer, name: string): void {
  if (!file.subarray(0, 6).equals(MAGIC.subarray(0, Math.min(6, file.length))))
    throw new Error(`${name}: is no .npy file`);
  if (file.length > 6 && (file[6] < 1 || file[6] > 3))
    throw new Error(`${name}: is a .npy file of version ${file[6]}; versions 1, 2 and 3 are read`);
}

/** Words, and codes in each. */
function countsOf({ shape: [words = 1, lanes = 1] }: Header): [number, number] {
  return [words, lanes];
}

function checked(header: Header, port: Port, name: string): Header {
  const { shape, type, bytes, fortran } = header;
  const [words, lanes] = countsOf(header);
  if (lanes !== port.lanes || shape.length > 2)
    throw new Error(`${name}: has shape (${shape.join(', ')}); it must be (words, ${port.lanes}) for ${port.name}`);
  if (fortran && words > 1 && lanes > 1) throw new Error(`${name}: is in Fortran order; save it in C order`);
  const width = wordBits(port) / port.lanes;
  if (type === 'f' && (port.format.kind !== 'float' || width !== 8 * bytes))
    throw new Error(
      `${name}: holds floats of ${8 * bytes} bits; codes of ${port.name} are ${port.format.name} of ${width} bits: save them as integers`,
    );
  return header;
}

function wordAt(data: Buffer, at: number, { bytes, littleEndian, type }: Header, port: Port, where: string): bigint[] {
  const width = wordBits(port) / port.lanes;
  return Array.from({ length: port.lanes }, (_, lane) => {
    const part = Buffer.from(data.subarray(at + lane * bytes, at + (lane + 1) * bytes));
    const code = BigInt(`0x${(littleEndian ? part.reverse() : part).toString('hex')}`);
    const value = type === 'i' ? BigInt.asIntN(8 * bytes, code) : code;
    if (value < 1n << BigInt(width) && value >= -(1n << BigInt(width - 1))) return BigInt.asUintN(width, value);
    throw new Error(`${where}: 0x${code.toString(16)} is too wide; a code of ${port.name} has ${width} bits`);
  });
}

/** numpy's format, version 1.0: an array [words, lanes] of unsigned codes, little-endian. */
export const npy: WordFormat = {
  extension: 'npy',
  read: (path, port) => readNpy(bytesFrom(path), port, path),
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
