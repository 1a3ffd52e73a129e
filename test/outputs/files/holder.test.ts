import { spawnSync } from 'node:child_process';
import type * as fs from 'node:fs';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, it, vi } from 'vitest';

/** Whether /proc can be read: elsewhere than on Linux it is not there. */
const proc = vi.hoisted(() => ({ isThere: true }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    readFileSync: (...args: Parameters<typeof fs.readFileSync>) => {
      if (!proc.isThere && String(args[0]).startsWith('/proc')) throw new Error('ENOENT');
      return real.readFileSync(...args);
    },
  };
});
const { isGone, isRunning, ownHolder } = await import('../../../src/outputs/files/holder.js');
const { sameHolder } = await import('../../../src/outputs/files/begun.js');

/** The number of a process that has ended. */
const DEAD = spawnSync(process.execPath, ['-e', ''], { timeout: 60_000 }).pid;

it.each([true, false])('a process that answers runs, one that does not is gone; with /proc: %s', (isThere) => {
  proc.isThere = isThere;
  const own = ownHolder();
  expect(own).toMatchObject({ pid: process.pid, host: hostname() });
  expect(own.start === '').toBe(!isThere);
  expect([isRunning(own), isRunning({ pid: process.pid, start: '' }), isGone(own)]).toEqual([true, true, false]);
  const dead = { pid: DEAD, host: hostname(), start: '' };
  expect([isRunning(dead), isGone(dead), isGone({ ...dead, host: 'elsewhere' })]).toEqual([false, true, false]);
});

it('two are the same process where number, host and beginning are', () => {
  const own = { pid: 7, host: 'here', start: 'x' };
  for (const other of [{ pid: 8 }, { host: 'there' }, { start: 'y' }])
    expect(sameHolder(own, { ...own, ...other })).toBe(false);
  expect(sameHolder(own, { ...own })).toBe(true);
});

it('Linux says when a process began: ticks since a boot, and which boot it was', () => {
  proc.isThere = true;
  const [stat, boot] = ['/proc/self/stat', '/proc/sys/kernel/random/boot_id'].map((path) => readFileSync(path, 'utf8'));
  // The 22nd field (proc(5)); the second one, in brackets, may hold blanks.
  const ticks = Number(/^\d+ \(.*\) (?:\S+ ){19}(\d+) /s.exec(stat)?.[1]);
  expect(ownHolder().start).toBe(`${ticks.toString(36)}${boot.split('-')[0]}`);
});

it('one that began at another time is another process, as far as the system tells', () => {
  proc.isThere = true;
  const { start } = ownHolder();
  expect(isRunning({ pid: process.pid, start: `${start}x` })).toBe(false);
  proc.isThere = false;
  expect(isRunning({ pid: process.pid, start: `${start}x` })).toBe(true);
});
