import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { imagesDigest } from '../../src/simulate/inquiry.js';
import type { DataPlan } from '../../src/simulate/plan.js';
import { folderWith } from '../cli/command.js';

it('a digest of a user’s images is of what they hold and are to mean, not of where they lie', () => {
  const folder = folderWith({ 'a.csv': '1,2,3\n', 'b.csv': '1,2,4\n' });
  const [a, b, copy] = ['a.csv', 'b.csv', 'copy.csv'].map((name) => join(folder, name));
  copyFileSync(a, copy);
  const digestOf = (plan: Partial<DataPlan>) => imagesDigest({ images: 1, ...plan });
  expect([digestOf({}), digestOf({ inputs: [] }), digestOf({ mean: [1] })]).toEqual([undefined, undefined, undefined]);
  expect(digestOf({ folder: copy })).toBe(digestOf({ folder: a }));
  expect(digestOf({ folder: a, images: 7, skip: 2 })).toBe(digestOf({ folder: a }));
  expect(digestOf({ inputs: [`x=${copy}`] })).toBe(digestOf({ inputs: [`x=${a}`] }));
  expect(digestOf({ inputs: [copy] })).toBe(digestOf({ inputs: [a] }));
  const plans: Partial<DataPlan>[] = [
    { folder: a },
    { folder: b },
    { inputs: [a] },
    { inputs: [b] },
    { inputs: [`x=${a}`, `y=${b}`] },
    { inputs: [`x=${b}`, `y=${a}`] },
    { folder: b, inputs: [`x=${a}`] },
    { folder: a, mean: [1] },
    { folder: a, mean: [2] },
    { folder: a, scale: [1] },
    { folder: a, scale: [2] },
    { folder: a, layout: 'nchw' },
    { folder: a, layout: 'nhwc' },
  ];
  const digests = plans.map(digestOf);
  expect(digests).not.toContain(undefined);
  expect(new Set(digests).size).toBe(plans.length);
});

it('a digest of a folder is of all files in it, with their names', () => {
  const [first, second] = [0, 1].map(() => {
    const folder = folderWith({ 'a.txt': 'a' });
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep', 'b.txt'), 'b');
    return folder;
  });
  const digestOf = (folder: string) => imagesDigest({ images: 1, folder });
  const before = digestOf(first);
  expect(digestOf(second)).toBe(before);
  writeFileSync(join(second, 'deep', 'b.txt'), 'c');
  expect(digestOf(second)).not.toBe(before);
  writeFileSync(join(second, 'deep', 'b.txt'), 'b');
  writeFileSync(join(second, 'deep', 'c.txt'), '');
  expect(digestOf(second)).not.toBe(before);
  expect(() => digestOf(join(first, 'none'))).toThrow('none');
});
