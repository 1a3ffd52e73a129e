import type { Port } from '../port.js';
import { wordBits } from '../port.js';
import type { ReadWord } from './reading.js';

/** What the header of a .npy file says. */
interface Header {
  littleEndian: boolean;
  bytes: number;
  /** Words, and codes in each. */
  shape: number[];
  /** Where the data begins. */
  start: number;
}

const MAGIC = Buffer.from([0x93, ...Buffer.from('NUMPY')]);

/** Where the header's text begins, and the data: version 1 has two bytes of length, later ones four. */
function startOf(file: Buffer): { text: number; data: number } {
  return file[6] >= 2 ? { text: 12, data: 12 + file.readUInt32LE(8) } : { text: 10, data: 10 + file.readUInt16LE(8) };
}

function headerOf(file: Buffer, name: string): Header {
  if (!file.subarray(0, 6).equals(MAGIC)) throw new Error(`${name}: is no .npy file`);
  const { text: from, data } = startOf(file);
  const text = file.subarray(from, data).toString('latin1');
  const type = /'descr':\s*'([<>|=])([uif])(\d)'/.exec(text);
  const shape = /'shape':\s*\(([^)]*)\)/.exec(text);
  if (type === null || shape === null) throw new Error(`${name}: holds ${text.trim()}; it must be an array of numbers`);
  if (/'fortran_order':\s*True/.test(text)) throw new Error(`${name}: is in Fortran order; save it in C order`);
  return {
    littleEndian: type[1] !== '>',
    bytes: Number(type[3]),
    shape: shape[1]
      .split(',')
      .filter((part) => part.trim() !== '')
      .map(Number),
    start: data,
  };
}

/** Codes as numpy has them: integers (negative ones in two's complement), or floats by their bits. */
export async function* readNpy(chunks: AsyncIterable<Buffer>, port: Port, name: string): AsyncGenerator<ReadWord> {
  let header: Header | undefined;
  let rest: Buffer = Buffer.alloc(0);
  let address = 0;
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    if (header === undefined) {
      if (rest.length < 12 || rest.length < startOf(rest).data) continue;
      header = checked(headerOf(rest, name), port, name);
      rest = rest.subarray(header.start);
    }
    const size = header.bytes * port.lanes;
    let at = 0;
    for (; at + size <= rest.length; at += size)
      yield { address, codes: wordAt(rest, at, header, port, `${name}: word ${address}`), line: ++address };
    rest = rest.subarray(at);
  }
  if (header === undefined) throw new Error(`${name}: is no .npy file`);
  if (rest.length > 0) throw new Error(`${name}: ends in the middle of word ${address}`);
}

function checked(header: Header, port: Port, name: string): Header {
  const [, lanes = 1] = header.shape;
  if (lanes === port.lanes && header.shape.length <= 2) return header;
  throw new Error(
    `${name}: has shape (${header.shape.join(', ')}); it must be (words, ${port.lanes}) for ${port.name}`,
  );
}

function wordAt(data: Buffer, at: number, { bytes, littleEndian }: Header, port: Port, where: string): bigint[] {
  const width = wordBits(port) / port.lanes;
  return Array.from({ length: port.lanes }, (_, lane) => {
    const part = Buffer.from(data.subarray(at + lane * bytes, at + (lane + 1) * bytes));
    const code = BigInt(`0x${(littleEndian ? part.reverse() : part).toString('hex')}`);
    const high = code >> BigInt(width);
    const negative = (1n << BigInt(8 * bytes - width)) - 1n;
    if (high === 0n || (high === negative && ((code >> BigInt(width - 1)) & 1n) === 1n))
      return BigInt.asUintN(width, code);
    throw new Error(`${where}: 0x${code.toString(16)} is too wide; a code of ${port.name} has ${width} bits`);
  });
}
