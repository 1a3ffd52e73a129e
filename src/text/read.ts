import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { inputPath } from './packaged.js';

/** A file's bytes; what comes with the package is found by its name there. @throws the system's error, always with the path: that of reading a folder has none */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(inputPath(path));
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}

/** @throws as `readBytes` does, where there is no such file */
export function checkReadable(path: string): void {
  let file: number | undefined;
  try {
    file = openSync(inputPath(path), 'r');
    readSync(file, new Uint8Array(1));
  } catch (error) {
    throw Object.assign(error as Error, { path });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** A text file, without a byte-order mark. @throws the system's error, with the path */
export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}

/** A file's bytes, those of a .gz unpacked. */
export function readUnpacked(path: string): Uint8Array {
  const bytes = readBytes(path);
  if (!path.endsWith('.gz')) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new Error(`${path} is not a whole gzip file (${(error as Error).message}): fetch it again`, { cause: error });
  }
}
