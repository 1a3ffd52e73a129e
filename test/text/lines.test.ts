import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { bytesFrom, linesOf } from '../../src/text/lines.js';
import { readBytes, readText, readUnpacked } from '../../src/text/read.js';
import { folderWith } from '../cli/command.js';

async function lines(text: string): Promise<string[]> {
  const folder = folderWith({ x: text });
  const all: string[] = [];
  for await (const line of linesOf(join(folder, 'x'))) all.push(line);
  return all;
}

it('lines have no ends of either kind, and the first no byte-order mark; a last one need not end', async () => {
  expect(await lines('a\nb\r\n\nc')).toEqual(['a', 'b', '', 'c']);
  expect(await lines('a\n')).toEqual(['a']);
  expect(await lines('')).toEqual([]);
  expect(await lines('\n')).toEqual(['']);
  expect(await lines('\ufeffa\r\n\ufeffb\r')).toEqual(['a', '\ufeffb']);
  expect(await lines('\ufeff')).toEqual(['']);
  expect(await lines('\ufeff\r\nx')).toEqual(['', 'x']);
});

it('lines and letters go on over the chunks that a file is read in', async () => {
  // A chunk has 2^18 bytes; a letter of three lies across its end, then a line of many chunks.
  for (const before of [2 ** 18 - 2, 2 ** 18 - 1, 2 ** 18]) {
    const [first, second] = [`${'x'.repeat(before)}\u20acy`, 'z'.repeat(3 * 2 ** 18)];
    const read = await lines(`${first}\r\n${second}\nend`);
    expect(read.map((line) => line.length)).toEqual([before + 2, 3 * 2 ** 18, 3]);
    expect([read[0] === first, read[1] === second, read[2]]).toEqual([true, true, 'end']);
  }
});

it('a file that cannot be read is an error that has its path', async () => {
  const folder = folderWith();
  const path = join(folder, 'none');
  await expect(linesOf(path).next()).rejects.toMatchObject({ code: 'ENOENT', path });
  expect(() => readText(folder)).toThrow(expect.objectContaining({ code: 'EISDIR', path: folder }));
});

it('a file comes in pieces of 256 KiB', async () => {
  const path = join(folderWith({ x: 'y'.repeat(2 ** 19 + 3) }), 'x');
  const pieces: number[] = [];
  for await (const { length } of bytesFrom(path)) pieces.push(length);
  expect(pieces).toEqual([2 ** 18, 2 ** 18, 3]);
});

it('"-" is standard input', async () => {
  const own = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor;
  onTestFinished(() => void Object.defineProperty(process, 'stdin', own));
  Object.defineProperty(process, 'stdin', { value: Readable.from([Buffer.from('a\r\nb'), Buffer.from('c\n')]) });
  const all: string[] = [];
  for await (const line of linesOf('-')) all.push(line);
  expect(all).toEqual(['a', 'bc']);
});

it('a file is read as it is, as text without its byte-order mark, or unpacked where its name ends in .gz', () => {
  const folder = folderWith({ text: '\ufeffa\n', 'cut.gz': 'no gzip' });
  expect(readBytes(join(folder, 'text'))).toHaveLength(5);
  expect(readText(join(folder, 'text'))).toBe('a\n');
  for (const name of ['packed.gz', 'packed']) writeFileSync(join(folder, name), gzipSync('bytes'));
  expect(Buffer.from(readUnpacked(join(folder, 'packed.gz'))).toString()).toBe('bytes');
  expect([...readUnpacked(join(folder, 'packed'))]).toEqual([...gzipSync('bytes')]);
  expect(() => readUnpacked(join(folder, 'cut.gz'))).toThrow(
    /^.*cut\.gz is not a whole gzip file \(.+\): fetch it again$/,
  );
});
