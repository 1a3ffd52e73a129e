import { createHash } from 'node:crypto';
import { exactJson, fromExactJson } from './exactJson.js';
import type { StateArray } from '../model/state.js';

/**
 * Everything a training run needs to go on, as bytes: one line of JSON (what the caller keeps, the names, types and
 * lengths of the arrays, and a digest of all that follows), then the arrays' numbers, little-endian, one after another.
 */
export interface Checkpoint<T> {
  kept: T;
  state: StateArray[];
}

interface Layout {
  name: string;
  bytes: 4 | 8;
  length: number;
}

export function checkpointBytes<T>({ kept, state }: Checkpoint<T>): Uint8Array {
  const arrays = state.map(({ name, data }): Layout => {
    return { name, bytes: data.BYTES_PER_ELEMENT === 4 ? 4 : 8, length: data.length };
  });
  const bodies = state.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const content = exactJson({ kept, arrays });
  const head = Buffer.from(`${exactJson({ kept, arrays, sha256: digestOf(content, bodies) })}\n`);
  return Buffer.concat([head, ...bodies]);
}

/** @throws Error when the bytes are no checkpoint, or not as they were written */
export function readCheckpoint<T>(bytes: Uint8Array, file: string): Checkpoint<T> {
  const end = bytes.indexOf(0x0a);
  const { kept, arrays, sha256 } = headOf(bytes.subarray(0, Math.max(end, 0)), file);
  const damaged = () => new Error(`${file}:1: the checkpoint is damaged: take --fresh to begin again`);
  const layouts = layoutsOf(arrays);
  if (layouts === undefined) throw damaged();
  let at = end + 1;
  const bodies = layouts.map(({ name, bytes: width, length }) => {
    // Copied, so that it begins where its numbers can be read; a Buffer's own slice would not be.
    const own = Uint8Array.from(bytes.subarray(at, at + width * length));
    at += width * length;
    if (own.length !== width * length) throw new Error(`${file} ends within ${name}: take --fresh to begin again`);
    return own;
  });
  if (at !== bytes.length || sha256 !== digestOf(exactJson({ kept, arrays }), bodies)) throw damaged();
  const state = layouts.map(({ name, bytes: width }, i) => {
    const { buffer } = bodies[i];
    return { name, data: width === 4 ? new Float32Array(buffer) : new Float64Array(buffer) };
  });
  return { kept: kept as T, state };
}

function digestOf(content: string, bodies: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(content);
  for (const body of bodies) hash.update(body);
  return hash.digest('hex');
}

function headOf(line: Uint8Array, file: string): { kept?: unknown; arrays?: unknown; sha256?: unknown } {
  try {
    const head = fromExactJson(new TextDecoder().decode(line));
    if (typeof head === 'object' && head !== null) return head;
  } catch {
    // As what is JSON and no checkpoint.
  }
  throw new Error(`${file} is no checkpoint: take --fresh to begin again`);
}

/** Undefined where it is none, however much of it is right. */
function layoutsOf(arrays: unknown): Layout[] | undefined {
  if (!Array.isArray(arrays)) return undefined;
  const isLayout = (one: Partial<Layout> | null) =>
    typeof one?.name === 'string' &&
    (one.bytes === 4 || one.bytes === 8) &&
    Number.isSafeInteger(one.length) &&
    Number(one.length) >= 0;
  return arrays.every(isLayout) ? (arrays as Layout[]) : undefined;
}
