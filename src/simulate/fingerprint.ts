import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readBytes } from '../text/read.js';
import type { Dataset } from '../training/data/dataset.js';

/** Digests of what enters a result: contents, never the paths where they lie. */

/** One digest of several parts, told apart by their lengths. */
export function fingerprintOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex');
}

/** Of a file's bytes. @throws the system's error, with the path */
export function fileDigest(path: string): string {
  return fingerprintOf([readBytes(path)]);
}

/** Of a file, or of all files in a folder with their names in it. @throws the system's error, with the path */
export function treeDigest(path: string): string {
  if (!statSync(path).isDirectory()) return fileDigest(path);
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => !statSync(join(path, name)).isDirectory());
  return fingerprintOf(files.flatMap((name) => [name, fileDigest(join(path, name))]));
}

/** Of a record with all its fields, as they were resolved: a datapath, a target, a recipe, the options of a run. */
export function recordDigest(record: unknown): string {
  return fingerprintOf([JSON.stringify(record, spelled) ?? 'undefined']);
}

/** JSON with what it would lose: numbers beyond it, -0, large integers, maps, bytes. Code is covered by the build. */
function spelled(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (Object.is(value, -0)) return { number: '-0' };
  if (typeof value === 'number' && !Number.isFinite(value)) return { number: String(value) };
  if (typeof value === 'function') return { code: value.name };
  if (value instanceof Map || value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value)) return fingerprintOf([bytesOf(value)]);
  return value;
}

/** Of images and their labels, whether generated or read. */
export function dataDigest({ images, labels, shape }: Dataset): string {
  return fingerprintOf([shape.join('x'), bytesOf(images), bytesOf(labels)]);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
