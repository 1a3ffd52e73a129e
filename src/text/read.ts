import { readFileSync } from 'node:fs';
import { inputPath } from './packaged.js';

/** A file's bytes; what comes with the package is found by its name there. @throws the system's error, always with the path: that of reading a folder has none */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(inputPath(path));
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}

/** A text file, without a byte-order mark. @throws the system's error, with the path */
export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}
