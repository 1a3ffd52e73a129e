import { extname } from 'node:path';
import { bytesFrom, linesOf } from '../../text/lines.js';
import type { VectorFormat } from '../portBank.js';
import type { Port } from '../port.js';
import { readCsv } from './readCsv.js';
import { readNpy } from './readNpy.js';
import { readCoe } from './readCoe.js';
import { readC, readJson } from './readList.js';
import { readmemReader } from './readVerilog.js';
import { readIntelMif } from './readMif.js';
import type { Line, ReadWord, WordReader } from './reading.js';

/** Readers of the kinds of vector files that are words of text. */
const READERS: Readonly<Record<Exclude<VectorFormat, 'npy' | 'csv'>, WordReader>> = {
  readmemh: readmemReader(16),
  readmemb: readmemReader(2),
  coe: readCoe,
  // A binary word a line.
  'mif-vivado': readmemReader(2),
  'mif-intel': readIntelMif,
  json: readJson,
  c: readC,
};

/** Endings by which a kind is known; the two kinds of .mif are told apart by their content. */
const ENDINGS: Readonly<Record<string, VectorFormat>> = {
  '.memh': 'readmemh',
  '.hex': 'readmemh',
  '.mem': 'readmemh',
  '.memb': 'readmemb',
  '.bin': 'readmemb',
  '.coe': 'coe',
  '.npy': 'npy',
  '.json': 'json',
  '.h': 'c',
  '.csv': 'csv',
};

/**
 * The words of a file in the order in which they stand, one at a time. Where an address comes twice, the later word counts.
 * @param kind of the file; by default what its ending says
 * @throws Error where the kind cannot be told, where there is no word, or `file:line: what is wrong and what would do`
 */
export async function* readWords(path: string, port: Port, kind?: VectorFormat): AsyncGenerator<ReadWord> {
  let words = 0;
  for await (const word of wordsIn(path, port, kind ?? (await kindOf(path)))) {
    words++;
    yield word;
  }
  if (words === 0) throw new Error(`${path}: holds no word of ${port.name}`);
}

function wordsIn(path: string, port: Port, kind: VectorFormat): AsyncGenerator<ReadWord> {
  if (kind === 'npy') return readNpy(bytesFrom(path), port, path);
  return kind === 'csv' ? readCsv(path, port) : READERS[kind](numbered(path), port, path);
}

async function kindOf(path: string): Promise<VectorFormat> {
  const ending = extname(path).toLowerCase();
  if (ending === '.mif') return mifKind(path);
  const kind = ENDINGS[ending];
  if (kind !== undefined) return kind;
  throw new Error(
    `${path}: its ending does not tell its kind; known are ${[...Object.keys(ENDINGS), '.mif'].join(' ')}, or name it with --format`,
  );
}

/** Intel's begins with settings and comments, Vivado's with digits. */
async function mifKind(path: string): Promise<VectorFormat> {
  for await (const line of linesOf(path))
    if (line.trim() !== '') return /^\s*[01xz_]+\s*$/i.test(line) ? 'mif-vivado' : 'mif-intel';
  return 'mif-vivado';
}

async function* numbered(path: string): AsyncGenerator<Line> {
  let number = 0;
  for await (const text of linesOf(path)) yield { text, number: ++number };
}
