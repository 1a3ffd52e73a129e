import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { writingSet } from '../../../src/outputs/files/fileSet.js';
import { bankWriter } from '../../../src/outputs/vectors/portBank.js';
import { VECTOR_FORMATS, WORD_KINDS } from '../../../src/outputs/words/index.js';
import type { Port } from '../../../src/outputs/words/port.js';
import { readWords } from '../../../src/outputs/words/read.js';
import { folderWith } from '../../cli/command.js';

const PORT: Port = { name: 'x', format: formatNamed('int8'), lanes: 1 };
const CODES = [0n, 1n, 0x80n];

async function read(path: string) {
  const codes: unknown[] = [];
  for await (const word of readWords(path, PORT)) codes.push(word.codes[0]);
  return codes;
}

const endingsOf = (kind: (typeof VECTOR_FORMATS)[number]) => [
  WORD_KINDS[kind].extension,
  ...(WORD_KINDS[kind].others ?? []),
];

it.each(VECTOR_FORMATS)('%s is known by each of its endings, among others of one by its first line', async (kind) => {
  const folder = folderWith();
  const [{ name }] = await writingSet(folder, (set) => {
    const writer = bankWriter(set, kind, { name: 'x', ports: [PORT], depth: CODES.length });
    for (const code of CODES) writer.row([[code]]);
    writer.end();
    return set.entries();
  });
  const bytes = readFileSync(join(folder, name));
  for (const ending of endingsOf(kind)) {
    const isShared = VECTOR_FORMATS.some((other) => other !== kind && endingsOf(other).includes(ending));
    const blank = isShared ? [Buffer.from('\n \t\n')] : [];
    for (const cased of [ending, ending.toUpperCase()]) {
      const path = join(folder, `own.${cased}`);
      writeFileSync(path, Buffer.concat([...blank, bytes]));
      expect(await read(path), cased).toEqual(CODES);
    }
  }
});

it('a file of blank lines holds no word, whatever its ending', async () => {
  const folder = folderWith({ 'a.mif': '\n\n', 'b.memh': ' \n' });
  for (const name of ['a.mif', 'b.memh'])
    await expect(read(join(folder, name))).rejects.toThrow(`${name}: holds no word of x`);
});

it('JSON holds what its own parser takes for a whole number, written with digits alone, and nothing else', async () => {
  const behind = (all: readonly string[], signs: readonly string[]) =>
    all.flatMap((text) => signs.map((sign) => text + sign));
  const [few, signs] = [['0', '1', '-', 'x'], [...'01-+xe._']];
  const tokens = [...signs, ...behind(signs, signs), ...behind(behind(few, few), few)];
  const isWhole = (token: string) => {
    try {
      return Number.isInteger(JSON.parse(token)) && /^[-\d]+$/.test(token);
    } catch {
      return false;
    }
  };
  const path = join(folderWith(), 'x.json');
  const port = { ...PORT, format: formatNamed('int16') };
  const wrong: string[] = [];
  for (const token of tokens) {
    writeFileSync(path, `[${token}]`);
    const codes: unknown[] = [];
    try {
      for await (const word of readWords(path, port)) codes.push(word.codes[0]);
    } catch {}
    const wanted = isWhole(token) ? [BigInt.asUintN(16, BigInt(token))] : [];
    if (codes.join() !== wanted.join()) wrong.push(token);
  }
  expect(wrong).toEqual([]);
  expect(tokens.filter(isWhole).length).toBeGreaterThan(8);
});
