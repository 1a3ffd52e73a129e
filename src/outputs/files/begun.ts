import { readFileSync, rmdirSync, rmSync } from 'node:fs';
import { type Holder, ownHolder } from './holder.js';

/** Something on the disk that must not outlive a command which does not end well. */
export interface Begun {
  /** `scratch`: a folder with all that is in it; `process`: another program, whose number is its path, or -number of its group. */
  kind: 'file' | 'folder' | 'lock' | 'scratch' | 'process';
  path: string;
}

/** `begun`: it is about to be made; else it is gone, or stands under the name that the user asked for. */
export interface BegunEvent extends Begun {
  begun: boolean;
}

/** What is begun at the moment. */
export interface Ledger {
  note(event: BegunEvent): void;
  /** Removes all of it from the disk, and forgets it. */
  discard(): void;
}

/** A ledger needs nothing but events: one thread can keep it for another, and clean up when that is stopped. */
export function ledger(): Ledger {
  const known = new Map<string, Begun>();
  return {
    note({ begun, kind, path }) {
      if (begun) known.set(`${kind} ${path}`, { kind, path });
      else known.delete(`${kind} ${path}`);
    },
    discard() {
      discard(known.values());
      known.clear();
    },
  };
}

/**
 * Ends other programs, removes temporary files, this process's own locks, and then those of the folders that are empty. What is not there any
 * more, or cannot be removed, is passed over: this is for the end of a process.
 */
export function discard(begun: Iterable<Begun>): void {
  const all = [...begun];
  const of = (kind: Begun['kind']) => all.filter((one) => one.kind === kind).map(({ path }) => path);
  for (const path of of('process')) quietly(() => process.kill(Number(path), 'SIGKILL'));
  for (const path of of('scratch')) quietly(() => rmSync(path, { recursive: true, force: true }));
  for (const path of of('file')) quietly(() => rmSync(path, { force: true }));
  for (const path of of('lock')) if (isOwn(holderIn(path))) quietly(() => rmSync(path, { force: true }));
  // What lies deeper has the longer path.
  for (const path of of('folder').sort((x, y) => y.length - x.length)) quietly(() => rmdirSync(path));
}

/** Who holds a lock; undefined where it is not there or holds no such thing. */
export function holderIn(lock: string): Holder | undefined {
  try {
    const { pid, host, start } = JSON.parse(readFileSync(lock, 'utf8')) as Partial<Holder>;
    if (!Number.isSafeInteger(pid) || Number(pid) <= 0) return undefined;
    return typeof host === 'string' && typeof start === 'string' ? { pid: Number(pid), host, start } : undefined;
  } catch {
    return undefined;
  }
}

function isOwn(holder: Holder | undefined): boolean {
  return holder !== undefined && sameHolder(holder, ownHolder());
}

export function sameHolder(x: Holder, y: Holder): boolean {
  return x.pid === y.pid && x.host === y.host && x.start === y.start;
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // Not empty, or gone already.
  }
}

const own = ledger();
let listener: ((event: BegunEvent) => void) | undefined;

/** Hears of everything that this thread begins, before it is made, and of its end. There is one listener at most. */
export function announceTo(heard: ((event: BegunEvent) => void) | undefined): void {
  listener = heard;
}

export function begin(kind: Begun['kind'], path: string): void {
  tell({ kind, path, begun: true });
}

export function end(kind: Begun['kind'], path: string): void {
  tell({ kind, path, begun: false });
}

function tell(event: BegunEvent): void {
  own.note(event);
  listener?.(event);
}

/** Removes what was begun and not ended; for signals and for the end of the process. */
export function discardUnfinished(): void {
  own.discard();
}
