import type * as fs from 'node:fs';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { folderWith } from '../../cli/command.js';

/** What the system is asked for, in order; how many bytes it takes at a time, and what it says first. */
const system = vi.hoisted(() => ({ calls: [] as string[], most: Infinity, says: [] as string[] }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const noted =
    <Args extends unknown[], T>(name: string, call: (...args: Args) => T) =>
    (...args: Args): T => {
      system.calls.push(name);
      return call(...args);
    };
  return {
    ...real,
    fsyncSync: noted('fsync', real.fsyncSync),
    closeSync: noted('close', real.closeSync),
    renameSync: noted('rename', real.renameSync),
    writeSync: noted('write', (descriptor: number, bytes: Uint8Array, at: number) => {
      const code = system.says.shift();
      if (code !== undefined) throw Object.assign(new Error(code), { code });
      return real.writeSync(descriptor, bytes, at, Math.min(bytes.length - at, system.most));
    }),
  };
});
const { AtomicFile, checkFile, makeFolder } = await import('../../../src/outputs/files/file.js');

const BUFFER = 2 ** 18;
const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) & 255);

beforeEach(() => Object.assign(system, { calls: [], most: Infinity, says: [] }));

it('bytes are gathered up to 256 KiB, and come to the disk in their order, whatever their pieces', () => {
  for (const sizes of [
    [1, 2, 3],
    [BUFFER, 1],
    [BUFFER - 1, 1, 1],
    [1, BUFFER],
    [5, BUFFER + 1, 5],
    [0, BUFFER / 2, BUFFER / 2, BUFFER / 2 + 1],
  ]) {
    const path = join(folderWith(), 'x');
    const seen: Buffer[] = [];
    const file = new AtomicFile(path, (bytes) => seen.push(Buffer.from(bytes)));
    const all = sizes.map(bytesOf);
    let gathered = 0;
    for (const piece of all) {
      system.calls.length = 0;
      file.write(piece);
      // What is gathered goes first where the next piece has no room; a piece larger than that goes by itself.
      const flushed = gathered + piece.length > BUFFER;
      const direct = piece.length > BUFFER;
      expect(system.calls).toEqual([...(flushed && gathered > 0 ? ['write'] : []), ...(direct ? ['write'] : [])]);
      gathered = (flushed ? 0 : gathered) + (direct ? 0 : piece.length);
    }
    file.commit();
    const wanted = Buffer.concat(all);
    expect(readFileSync(path).equals(wanted)).toBe(true);
    expect(Buffer.concat(seen).equals(wanted)).toBe(true);
  }
});

it('a file is on the disk before it has its name, once', () => {
  const path = join(folderWith(), 'x');
  const file = new AtomicFile(path);
  file.write('text');
  system.calls.length = 0;
  file.commit();
  expect(system.calls).toEqual(['write', 'fsync', 'close', 'rename']);
  file.discard();
  expect(system.calls).toHaveLength(4);
  expect(readdirSync(dirname(path))).toEqual(['x']);
});

it('what a full pipe does not take is written later, and an error has the path', () => {
  system.most = 3;
  const path = join(folderWith(), 'x');
  const file = new AtomicFile(path);
  file.write('0123456789');
  system.says = ['EAGAIN', 'EAGAIN'];
  file.commit();
  expect(readFileSync(path, 'utf8')).toBe('0123456789');
  const failing = new AtomicFile(path);
  failing.write('more');
  system.says = ['ENOSPC'];
  expect(() => failing.commit()).toThrow(expect.objectContaining({ code: 'ENOSPC', path, writing: true }));
  failing.discard();
  expect(readFileSync(path, 'utf8')).toBe('0123456789');
  expect(readdirSync(dirname(path))).toEqual(['x']);
});

it('a device is written to as it is', () => {
  const file = new AtomicFile('/dev/null');
  file.write('text');
  system.calls.length = 0;
  file.commit();
  expect(system.calls).toEqual(['write', 'close']);
  const other = new AtomicFile('/dev/null');
  other.discard();
  expect(system.calls).toEqual(['write', 'close', 'close']);
  expect(() => checkFile('/dev/null')).not.toThrow();
});

it('folders are made with those above them', () => {
  const folder = folderWith();
  makeFolder(join(folder, 'a', 'b', 'c'));
  makeFolder(join(folder, 'a'));
  expect(readdirSync(folder, { recursive: true }).map(String).sort()).toEqual(['a', 'a/b', 'a/b/c']);
  expect(() => new AtomicFile(folder)).toThrow(
    expect.objectContaining({ code: 'EISDIR', path: folder, writing: true }),
  );
});
