import { accessSync, closeSync, constants, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { begin, end } from './begun.js';
import { temporaryFor } from './temporary.js';

/** Where outputs may go: looked at before the work, so that none is done in vain. */

const inputs = new Map<string, string>();

/** The regular file that a path leads to, through links; undefined where there is none. */
function identityOf(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats?.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** From here on, no output of this process replaces these files, by whatever name. Of a folder, its IDX files. */
export function protectInputs(paths: Iterable<string>): void {
  for (const path of paths) {
    for (const file of [path, ...idxFilesIn(path)]) {
      const identity = identityOf(file);
      if (identity !== undefined) inputs.set(identity, file);
    }
  }
}

export function forgetInputs(): void {
  inputs.clear();
}

function idxFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /idx\d/i.test(name))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** @throws Error when the path is, through links or another spelling, a file that this command reads */
export function refuseInput(path: string): void {
  const identity = identityOf(path);
  const input = identity === undefined ? undefined : inputs.get(identity);
  if (input === undefined) return;
  const same = input === path ? 'this command reads it' : `it is the same file as ${input}, which this command reads`;
  throw new Error(`cannot write ${path}: ${same}; take another name`);
}

/** @throws the system's error when a file could not be written there; Error when it is an input */
export function checkFile(path: string): void {
  refuseInput(path);
  const stats = forWriting(path, () => statSync(path, { throwIfNoEntry: false }));
  if (stats?.isDirectory()) refuse(path, 'EISDIR');
  if (stats !== undefined && !stats.isFile()) return forWriting(path, () => accessSync(path, constants.W_OK));
  checkWritable(path, dirname(path));
}

/** @throws the system's error when files could not be written into a folder, made with those above it where it is missing */
export function checkFolder(path: string): void {
  let at = path;
  while (forWriting(path, () => statSync(at, { throwIfNoEntry: false })) === undefined && dirname(at) !== at)
    at = dirname(at);
  checkWritable(path, at);
}

function checkWritable(path: string, folder: string): void {
  const stats = forWriting(path, () => statSync(folder));
  if (!stats.isDirectory()) refuse(path, folder === path ? 'EEXIST' : 'ENOTDIR');
  forWriting(path, () => probe(folder));
}

/** Tried, because rights do not tell of all: a file system may be read-only, or one that makes no files. */
function probe(folder: string): void {
  const temporary = temporaryFor(join(folder, 'probe'));
  begin('file', temporary);
  try {
    closeSync(openSync(temporary, 'wx'));
    rmSync(temporary);
  } finally {
    end('file', temporary);
  }
}

function refuse(path: string, code: string): never {
  throw Object.assign(new Error(code), { code, path, writing: true });
}

/** Names the path that the user asked for, and marks the error as one of writing. */
export function forWriting<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw Object.assign(error as Error, { path, writing: true });
  }
}
