import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { Outcome } from './run.js';

/**
 * What a sweep has done so far, one JSON line for each arithmetic, on the disk before the next begins: a sweep that was
 * killed goes on where it stopped. A line that a kill tore is dropped.
 */
export interface Journal {
  find(arithmetic: string): Outcome | undefined;
  add(arithmetic: string, outcome: Outcome): void;
  /** Entries that were there when it was opened. */
  resumed: number;
  close(): void;
}

interface Line {
  arithmetic: string;
  outcome: Outcome;
}

/** JSON has no infinities: an outcome without any error has an SQNR of Infinity. */
const encode = (_key: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
const decode = (key: string, value: unknown) =>
  key.startsWith('sqnr') && typeof value === 'string' ? Number(value) : value;

/** What makes two sweeps the same: their inputs, byte for byte. */
export function fingerprintOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex');
}

/**
 * Opens a journal, or begins one.
 * @throws Error when the file belongs to a sweep of other inputs
 */
export function openJournal(path: string, fingerprint: string): Journal {
  const done = existsSync(path) ? readJournal(path, fingerprint) : undefined;
  const descriptor = openSync(path, done === undefined ? 'w' : 'a');
  const append = (line: object) => {
    writeSync(descriptor, `${JSON.stringify(line, encode)}\n`);
    fsyncSync(descriptor);
  };
  if (done === undefined) append({ fingerprint });
  const outcomes = done ?? new Map<string, Outcome>();
  return {
    resumed: outcomes.size,
    find: (arithmetic) => outcomes.get(arithmetic),
    add(arithmetic, outcome) {
      append({ arithmetic, outcome });
      outcomes.set(arithmetic, outcome);
    },
    close: () => closeSync(descriptor),
  };
}

/** Undefined when the file was torn before its first line was whole. */
function readJournal(path: string, fingerprint: string): Map<string, Outcome> | undefined {
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) truncateSync(path, whole);
  const [head, ...lines] = bytes.subarray(0, whole).toString().split('\n').slice(0, -1);
  if (head === undefined) return undefined;
  if (JSON.parse(head).fingerprint !== fingerprint)
    throw new Error(`${path} belongs to another sweep or other models: take --fresh to begin again, or another --out`);
  return new Map(
    lines.map((line) => {
      const { arithmetic, outcome } = JSON.parse(line, decode) as Line;
      return [arithmetic, outcome];
    }),
  );
}
