import { closeSync, existsSync, linkSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { begin, end, holderIn, sameHolder } from './begun.js';
import { makeFolder } from './file.js';
import { type Holder, isGone, ownHolder } from './holder.js';
import { sweepFolder, temporaryFor } from './temporary.js';

/** The lock of a folder that a command works in: a file that says who holds it. */
export const LOCK = '.lastbit.lock';

/**
 * Makes a folder this process's own until the returned function is called. The lock of a process that is gone is taken
 * over.
 * @throws Error naming the process that holds it
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK);
  for (let tries = 0; ; tries++) {
    makeFolder(folder);
    try {
      const holder = take(path);
      if (holder !== undefined) throw new Error(heldBy(folder, path, holder));
      break;
    } catch (error) {
      // A command that ended took the folder with it, because it was still empty: it is made again.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || existsSync(folder) || tries > 9)
        throw Object.assign(error as Error, 'code' in (error as Error) && { path, writing: true });
    }
  }
  sweepClaims(folder);
  return () => {
    rmSync(path, { force: true });
    end('lock', path);
  };
}

/** Runs `body` while the folder is this process's own, made where there is none. @throws Error naming who holds it */
export async function inLockedFolder<T>(folder: string, body: () => Promise<T>): Promise<T> {
  const release = lockFolder(folder);
  try {
    return await body();
  } finally {
    release();
  }
}

/** Claims on a dead holder's lock whose owners died too. Who holds the lock may: nothing can be claimed meanwhile. */
function sweepClaims(folder: string): void {
  sweepFolder(folder);
  for (const name of readdirSync(folder).filter((other) => other.startsWith(`${LOCK}.`))) {
    const holder = holderIn(join(folder, name));
    if (holder !== undefined && isGone(holder)) rmSync(join(folder, name), { force: true });
  }
}

function heldBy(folder: string, path: string, holder: Holder | 'unknown'): string {
  if (holder === 'unknown') return `${path} says nothing of who holds it: remove it if no lastbit works in ${folder}`;
  const other = holder.host !== ownHolder().host;
  const way = other
    ? `take another --out, or remove ${path} if that process is gone`
    : 'wait for it, or take another --out';
  return `${folder} is in use by process ${holder.pid} on ${holder.host}: ${way}`;
}

/**
 * One attempt. The file appears with its content, by a link that fails where there is one. A dead holder's file is replaced
 * by whoever holds the lock that is named after it, so that of several only one does, and only while it is still that
 * holder's.
 * @returns who holds it instead
 */
function take(path: string): Holder | 'unknown' | undefined {
  const holder = ownHolder();
  const draft = temporaryFor(path);
  begin('file', draft);
  try {
    write(draft, holder, 'w');
    for (;;) {
      begin('lock', path);
      if (linked(draft, path, holder)) return undefined;
      end('lock', path);
      const other = holderIn(path);
      if (other === undefined) {
        if (existsSync(path)) return 'unknown';
        continue;
      }
      if (!isGone(other)) return other;
      const heir = replace(path, other, draft);
      if (heir === undefined) return undefined;
      if (heir !== 'changed') return heir;
    }
  } finally {
    rmSync(draft, { force: true });
    end('file', draft);
  }
}

/** @returns undefined when it is ours now, who else is at it, or `changed` when there is another holder meanwhile */
function replace(path: string, dead: Holder, draft: string): Holder | 'unknown' | 'changed' | undefined {
  const claim = `${path}.${dead.pid}${dead.start}`;
  const other = take(claim);
  if (other !== undefined) return other;
  try {
    const now = holderIn(path);
    if (now === undefined || !sameHolder(now, dead)) return 'changed';
    begin('lock', path);
    renameSync(draft, path);
    return undefined;
  } finally {
    rmSync(claim, { force: true });
    end('lock', claim);
  }
}

function write(path: string, holder: Holder, flag: 'w' | 'wx'): void {
  const descriptor = openSync(path, flag);
  try {
    writeSync(descriptor, `${JSON.stringify(holder)}\n`);
  } finally {
    closeSync(descriptor);
  }
}

/** What link(2) gives on file systems that have no links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

function linked(draft: string, path: string, holder: Holder): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw error;
  }
  try {
    write(path, holder, 'wx');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
