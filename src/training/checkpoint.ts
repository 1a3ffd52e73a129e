import type { StateArray } from './state.js';

/**
 * Everything a training run needs to go on, as bytes: one line of JSON (what the caller keeps, and the names, types and
 * lengths of the arrays), then the arrays' numbers, little-endian, one after another.
 */
export interface Checkpoint<T> {
  kept: T;
  state: StateArray[];
}

interface Header<T> {
  kept: T;
  arrays: { name: string; bytes: 4 | 8; length: number }[];
}

export function checkpointBytes<T>({ kept, state }: Checkpoint<T>): Uint8Array {
  const arrays = state.map(({ name, data }) => ({ name, bytes: data.BYTES_PER_ELEMENT, length: data.length }));
  const head = new TextEncoder().encode(`${JSON.stringify({ kept, arrays })}\n`);
  const bodies = state.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const bytes = new Uint8Array(head.length + bodies.reduce((sum, { length }) => sum + length, 0));
  bytes.set(head);
  let at = head.length;
  for (const body of bodies) {
    bytes.set(body, at);
    at += body.length;
  }
  return bytes;
}

/** @throws Error when the bytes are no checkpoint, or not a whole one */
export function readCheckpoint<T>(bytes: Uint8Array, file: string): Checkpoint<T> {
  const end = bytes.indexOf(0x0a);
  const { kept, arrays } = headerOf<T>(bytes.subarray(0, Math.max(end, 0)), file);
  let at = end + 1;
  const state = arrays.map(({ name, bytes: width, length }) => {
    // Copied, so that it begins where its numbers can be read; a Buffer's own slice would not be.
    const own = Uint8Array.from(bytes.subarray(at, at + width * length));
    at += width * length;
    if (own.length !== width * length) throw new Error(`${file} ends within ${name}: take --fresh to begin again`);
    return { name, data: width === 4 ? new Float32Array(own.buffer) : new Float64Array(own.buffer) };
  });
  return { kept, state };
}

function headerOf<T>(line: Uint8Array, file: string): Header<T> {
  try {
    return JSON.parse(new TextDecoder().decode(line)) as Header<T>;
  } catch (error) {
    throw new Error(`${file} is no checkpoint: take --fresh to begin again`, { cause: error });
  }
}
