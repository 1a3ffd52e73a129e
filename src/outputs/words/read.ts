import { extname } from 'node:path';
import { linesOf } from '../../text/lines.js';
import type { Port } from './port.js';
import { VECTOR_FORMATS, type VectorFormat, WORD_KINDS } from './index.js';
import type { ReadWord } from './reading.js';

/**
 * The words of a file in the order in which they stand, one at a time. Where an address comes twice, the later word counts.
 * @param kind of the file; by default what its ending says
 * @throws Error where the kind cannot be told, where there is no word, or `file:line: what is wrong and what would do`
 */
export async function* readWords(path: string, port: Port, kind?: VectorFormat): AsyncGenerator<ReadWord> {
  let words = 0;
  for await (const word of WORD_KINDS[kind ?? (await kindOf(path))].read(path, port)) {
    words++;
    yield word;
  }
  if (words === 0) throw new Error(`${path}: holds no word of ${port.name}`);
}

/** Kinds by the ending that they are known by. */
const BY_ENDING: ReadonlyMap<string, readonly VectorFormat[]> = byEnding();

function byEnding(): Map<string, VectorFormat[]> {
  const found = new Map<string, VectorFormat[]>();
  for (const kind of VECTOR_FORMATS)
    for (const ending of [WORD_KINDS[kind].extension, ...(WORD_KINDS[kind].others ?? [])])
      found.set(`.${ending}`, [...(found.get(`.${ending}`) ?? []), kind]);
  // Those that tell the kind by themselves first.
  return new Map([...found].sort(([, x], [, y]) => x.length - y.length));
}

async function kindOf(path: string): Promise<VectorFormat> {
  const kinds = BY_ENDING.get(extname(path).toLowerCase());
  if (kinds !== undefined) return kinds.length === 1 ? kinds[0] : kindByContent(path, kinds);
  throw new Error(
    `${path}: its ending does not tell its kind; known are ${[...BY_ENDING.keys()].join(' ')}, or name it with --format`,
  );
}

/** By the first line that is not empty. */
async function kindByContent(path: string, kinds: readonly VectorFormat[]): Promise<VectorFormat> {
  for await (const line of linesOf(path))
    if (line.trim() !== '') return kinds.find((kind) => WORD_KINDS[kind].begins?.test(line) ?? true) ?? kinds[0];
  return kinds[0];
}
