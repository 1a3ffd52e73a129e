import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { discardUnfinished, writeWhole, writingFiles } from '../../src/outputs/file.js';
import { folderWith } from '../cli/command.js';

it('a file appears whole when its writer ends', async () => {
  const folder = folderWith();
  const path = join(folder, 'out.txt');
  const large = 'x'.repeat(600_000);
  await writingFiles([path], ([file]) => {
    file.write('head\n');
    file.write(large);
    expect(existsSync(path)).toBe(false);
  });
  expect(readFileSync(path, 'utf8')).toBe(`head\n${large}`);
  expect(readdirSync(folder)).toEqual(['out.txt']);
});

it('a failure leaves what was there before, for all files of a set', async () => {
  const folder = folderWith({ a: 'old' });
  const failing = writingFiles([join(folder, 'a'), join(folder, 'b')], ([a, b]) => {
    a.write('new');
    b.write('new');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(readdirSync(folder)).toEqual(['a']);
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
});

it('a signal removes what is unfinished', async () => {
  const folder = folderWith();
  const writing = writingFiles([join(folder, 'a')], () => {
    expect(readdirSync(folder)).toHaveLength(1);
    discardUnfinished();
    expect(readdirSync(folder)).toEqual([]);
    throw new Error('stopped');
  });
  await expect(writing).rejects.toThrow('stopped');
});

it('names the file that was asked for', async () => {
  const folder = folderWith();
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub', 'x'), '');
  await expect(writeWhole(join(folder, 'none', 'x'), '')).rejects.toMatchObject({
    code: 'ENOENT',
    path: join(folder, 'none', 'x'),
  });
  await expect(writeWhole(join(folder, 'sub'), '')).rejects.toMatchObject({
    code: 'EISDIR',
    path: join(folder, 'sub'),
  });
});
