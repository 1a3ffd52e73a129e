import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where text or bytes go: a file, or the terminal. Writing is synchronous, so memory stays flat however much comes. */
export interface Sink {
  write(chunk: string | Uint8Array): void;
}

const BUFFER_BYTES = 1 << 18;
const unfinished = new Set<AtomicFile>();

/**
 * A file that exists whole or not at all: written under a temporary name in the same folder, renamed by `commit`,
 * removed by `discard`. Devices and pipes are written directly.
 */
export class AtomicFile implements Sink {
  readonly path: string;
  private readonly temporary: string | undefined;
  private readonly descriptor: number;
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private readonly watch: ((bytes: Uint8Array) => void) | undefined;
  private used = 0;

  /**
   * @param watch sees the bytes as they go to the disk (for a digest)
   * @throws the system's error, with the path that was asked for
   */
  constructor(path: string, watch?: (bytes: Uint8Array) => void) {
    this.path = path;
    this.watch = watch;
    const special = isSpecial(path);
    this.temporary = special ? undefined : join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
    if (this.temporary !== undefined) tell({ kind: 'file', path: this.temporary, begun: true });
    this.descriptor = forPath(path, () => openSync(this.temporary ?? path, 'w'));
    unfinished.add(this);
  }

  write(chunk: string | Uint8Array): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (this.used + bytes.length > BUFFER_BYTES) this.flush();
    if (bytes.length > BUFFER_BYTES) return this.put(bytes);
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }

  flush(): void {
    this.put(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  private put(bytes: Uint8Array): void {
    this.watch?.(bytes);
    forPath(this.path, () => writeFully(this.descriptor, bytes));
  }

  /** Everything is on the disk under its own name when this returns. */
  commit(): void {
    this.flush();
    forPath(this.path, () => {
      if (this.temporary !== undefined) fsyncSync(this.descriptor);
      closeSync(this.descriptor);
      unfinished.delete(this);
      if (this.temporary !== undefined) renameSync(this.temporary, this.path);
    });
  }

  discard(): void {
    if (!unfinished.delete(this)) return;
    closeSync(this.descriptor);
    if (this.temporary !== undefined) rmSync(this.temporary, { force: true });
  }
}

/** Writes all bytes, waiting where a pipe is full for the moment. */
export function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Removes what was begun and not committed; for signals. */
export function discardUnfinished(): void {
  for (const file of unfinished) file.discard();
}

/**
 * Opens files, hands them to `body`, and commits all of them when it ends, or none when it fails. Folders that are
 * missing are an error: `inFolder` makes one.
 */
export async function writingFiles<T>(
  paths: readonly string[],
  body: (files: AtomicFile[]) => T | Promise<T>,
): Promise<T> {
  const files: AtomicFile[] = [];
  try {
    for (const path of paths) files.push(new AtomicFile(path));
    const result = await body(files);
    for (const file of files) file.commit();
    return result;
  } finally {
    for (const file of files) file.discard();
  }
}

/** One whole file from its text. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await writingFiles([path], ([file]) => file.write(content));
}

/** Makes an output folder with the folders above it. */
export function makeFolder(path: string): void {
  forPath(path, () => mkdirSync(path, { recursive: true }));
}

function isSpecial(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR', path, writing: true });
  return stats !== undefined && !stats.isFile();
}

/** Names the file that the user asked for, not the temporary one, and marks the error as one of writing. */
function forPath<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw Object.assign(error as Error, { path, writing: true });
  }
}

export interface Announcement { kind: 'file' | 'folder' | 'lock'; path: string; begun: boolean }
let tell = (_event: Announcement): void => {};
export function announceTo(listener: (event: Announcement) => void): void { tell = listener; }
export function discardAnnounced(events: readonly Announcement[]): void { for (const { path } of events) rmSync(path, { force: true }); }
