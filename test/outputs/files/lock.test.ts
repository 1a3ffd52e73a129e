import type * as fs from 'node:fs';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { folderWith } from '../../cli/command.js';

/** What link(2) fails with, and how often folders are not there when something is written into them. */
const system = vi.hoisted(() => ({ link: '', gone: 0, remove: '' }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const failing = (code: string) => Object.assign(new Error(code), { code });
  return {
    ...real,
    linkSync: (...args: Parameters<typeof fs.linkSync>) => {
      if (system.link !== '') throw failing(system.link);
      real.linkSync(...args);
    },
    openSync: (...args: Parameters<typeof fs.openSync>) => {
      if (system.gone > 0) {
        system.gone--;
        if (system.remove !== '') real.rmSync(system.remove, { recursive: true, force: true });
        throw failing('ENOENT');
      }
      return real.openSync(...args);
    },
  };
});
const { inLockedFolder, LOCK, lockFolder } = await import('../../../src/outputs/files/lock.js');

beforeEach(() => {
  Object.assign(system, { link: '', gone: 0, remove: '' });
});

it.each(['', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])(
  'is held by one where the file system has no links and says %j',
  (code) => {
    system.link = code;
    const folder = folderWith();
    const release = lockFolder(folder);
    const text = readFileSync(join(folder, LOCK), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ pid: process.pid, host: hostname() });
    expect(text.endsWith('}\n')).toBe(true);
    expect(() => lockFolder(folder)).toThrow(`${folder} is in use by process ${process.pid}`);
    expect(readdirSync(folder)).toEqual([LOCK]);
    release();
    expect(readdirSync(folder)).toEqual([]);
  },
);

it('what else a system says is an error of writing, with the path of the lock', () => {
  system.link = 'EIO';
  const folder = folderWith();
  const error = { code: 'EIO', path: join(folder, LOCK), writing: true };
  expect(() => lockFolder(folder)).toThrow(expect.objectContaining(error));
  expect(readdirSync(folder)).toEqual([]);
});

it('a folder that another command takes away as it ends is made again, ten times', () => {
  for (const [times, held] of [
    [1, true],
    [10, true],
    [11, false],
  ] as const) {
    const folder = join(folderWith(), 'out');
    Object.assign(system, { gone: times, remove: folder });
    if (held) lockFolder(folder)();
    else expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: 'ENOENT', writing: true }));
    expect(system.gone).toBe(0);
  }
  // One that is there is not made again.
  const there = folderWith();
  Object.assign(system, { gone: 1, remove: '' });
  expect(() => lockFolder(there)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});

it('a folder is given back whether what was done in it ends well or not', async () => {
  const folder = folderWith();
  const inside = async () => readdirSync(folder);
  expect(await inLockedFolder(folder, inside)).toEqual([LOCK]);
  expect(readdirSync(folder)).toEqual([]);
  const failing = inLockedFolder(folder, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});
