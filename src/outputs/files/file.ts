import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { begin, end } from './begun.js';
import { forWriting, refuseInput } from './place.js';
import { sweepFolder, temporaryFor } from './temporary.js';

export { announceTo, type BegunEvent, discard, discardUnfinished, ledger } from './begun.js';
export { checkFile, checkFolder, forgetInputs, protectInputs } from './place.js';

/** Where text or bytes go: a file, or the terminal. Writing is synchronous, so memory stays flat however much comes. */
export interface Sink {
  write(chunk: string | Uint8Array): void;
}

const BUFFER_BYTES = 1 << 18;

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
  /** Until the file is closed, and until it is committed or discarded. */
  private open = true;
  private pending = true;

  /**
   * @param watch sees the bytes as they go to the disk (for a digest)
   * @throws the system's error, with the path that was asked for
   */
  constructor(path: string, watch?: (bytes: Uint8Array) => void) {
    this.path = path;
    this.watch = watch;
    refuseInput(path);
    if (isSpecial(path)) {
      this.descriptor = forWriting(path, () => openSync(path, 'w'));
      return;
    }
    sweepFolder(dirname(path));
    this.temporary = temporaryFor(path);
    begin('file', this.temporary);
    try {
      this.descriptor = forWriting(path, () => openSync(this.temporary as string, 'wx'));
    } catch (error) {
      end('file', this.temporary);
      throw error;
    }
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
    forWriting(this.path, () => writeFully(this.descriptor, bytes));
  }

  /** Everything is on the disk under its own name when this returns. */
  commit(): void {
    this.flush();
    forWriting(this.path, () => {
      if (this.temporary !== undefined) fsyncSync(this.descriptor);
      this.close();
      if (this.temporary !== undefined) renameSync(this.temporary, this.path);
    });
    this.settle();
  }

  discard(): void {
    if (!this.pending) return;
    this.close();
    if (this.temporary !== undefined) rmSync(this.temporary, { force: true });
    this.settle();
  }

  private close(): void {
    if (this.open) closeSync(this.descriptor);
    this.open = false;
  }

  private settle(): void {
    this.pending = false;
    if (this.temporary !== undefined) end('file', this.temporary);
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

/**
 * Opens files, hands them to `body`, and commits all of them when it ends, or none when it fails. Folders that are
 * missing are an error: `makeFolder` makes one.
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

/** The same, unless the file holds just that already: a command that was finished before leaves it as it is. */
export async function writeChanged(path: string, content: string | Uint8Array): Promise<void> {
  const bytes = Buffer.from(content as Uint8Array);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() && stats.size === bytes.length && readFileSync(path).equals(bytes)) return;
  await writeWhole(path, bytes);
}

/** Makes an output folder with the folders above it; those that stay empty go when the process ends. */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = path; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  for (const folder of missing) begin('folder', folder);
  forWriting(path, () => mkdirSync(path, { recursive: true }));
}

function isSpecial(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR', path, writing: true });
  return stats !== undefined && !stats.isFile();
}
