import { extname } from 'node:path';
import { bytesFrom, linesOf } from '../lines.js';
import type { VectorFormat } from '../bank.js';
import type { Port } from '../port.js';
import { readCsv } from './readCsv.js';
import { readNpy } from './readNpy.js';
import { readC, readCoe, readIntelMif, readJson, readmemReader, readVivadoMif } from './readText.js';
import type { Line, ReadWord, WordReader } from './reading.js';

/** Readers of every kind of vector file but npy, whose words are bytes. */
const READERS: Readonly<Record<Exclude<VectorFormat, 'npy'>, WordReader>> = {
  readmemh: readmemReader(16),
  readmemb: readmemReader(2),
  coe: readCoe,
  'mif-vivado': readVivadoMif,
  'mif-intel': readIntelMif,
  json: readJson,
  c: readC,
  csv: readCsv,
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
 * The words of a file in the order in which they stand, one at a time.
 * @param kind of the file; by default what its ending says
 * @throws Error where the kind cannot be told, or `file:line: what is wrong and what would do`
 */
export async function* readWords(path: string, port: Port, kind?: VectorFormat): AsyncGenerator<ReadWord> {
  const known = kind ?? (await kindOf(path));
  if (known === 'npy') yield* readNpy(bytesFrom(path), port, path);
  else yield* READERS[known](numbered(path), port, path);
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
