import { closeSync, existsSync, fsyncSync, openSync, truncateSync, writeSync } from 'node:fs';
import { readBytes } from '../text/read.js';
import { exactJson, fromExactJson } from '../training/session/exactJson.js';
import { ownBuild } from './build.js';
import { fingerprintOf } from './fingerprint.js';

/**
 * What a command has done so far, one JSON line for each piece of work, on the disk before the next begins. A line stands
 * under a digest of all that enters its value, so that a command which was killed goes on where it stopped, and one whose
 * inputs changed does again just what depends on them. A line that a kill tore is dropped.
 */
export interface Journal {
  /** Undefined where it is not there; else what was added under this key, by this build. */
  find(key: string): unknown;
  /** @param inputs digests of what enters the value, by the names that the user knows them by */
  add(key: string, inputs: Inputs, value: unknown): void;
  /** Which of these inputs were other ones when they were last worked on. */
  changed(inputs: Inputs): string[];
  /** It was kept by another build of the program, whose results are not used. */
  foreign: boolean;
  close(): void;
}

export type Inputs = Readonly<Record<string, string>>;

interface Line {
  key: string;
  inputs: Inputs;
  value: unknown;
  /** Of all the others, so that damage cannot pass for a result. */
  check: string;
}

interface Head {
  build: string;
}

interface Content {
  lines: Line[];
  foreign: boolean;
  /** Whether lines can be added to the file as it is. */
  goesOn: boolean;
}

const checkOf = ({ key, inputs, value }: Omit<Line, 'check'>) =>
  fingerprintOf([exactJson([key, inputs, value])]).slice(0, 16);

/**
 * Opens a journal, or begins one with the first line that is added.
 * @throws Error naming file and line where it is damaged
 */
export function openJournal(path: string, build = ownBuild()): Journal {
  const { lines, foreign, goesOn } = existsSync(path) ? contentOf(path, build) : NOTHING;
  const values = new Map(lines.map(({ key, value }) => [key, value]));
  const seen = new Map(lines.flatMap(({ inputs }) => Object.entries(inputs)));
  let descriptor: number | undefined;
  const append = (line: Line | Head) => {
    writeSync(descriptor as number, `${exactJson(line)}\n`);
    fsyncSync(descriptor as number);
  };
  return {
    foreign,
    find: (key) => values.get(key),
    add(key, inputs, value) {
      writing(path, () => {
        if (descriptor === undefined) {
          descriptor = openSync(path, goesOn ? 'a' : 'w');
          if (!goesOn) append({ build });
        }
        append({ key, inputs, value, check: checkOf({ key, inputs, value }) });
      });
      values.set(key, value);
      for (const [name, digest] of Object.entries(inputs)) seen.set(name, digest);
    },
    changed: (inputs) => Object.keys(inputs).filter((name) => (seen.get(name) ?? inputs[name]) !== inputs[name]),
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

const NOTHING: Content = { lines: [], foreign: false, goesOn: false };

function contentOf(path: string, build: string): Content {
  const bytes = readBytes(path);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  const [head, ...texts] = bytes.subarray(0, whole).toString().split('\n').slice(0, -1);
  if (head === undefined) return NOTHING;
  if (headOf(head, path).build !== build) return { ...NOTHING, foreign: true };
  const lines = texts.map((text, i) => lineOf(text, `${path}:${i + 2}`));
  if (whole < bytes.length) truncateSync(path, whole);
  return { lines, foreign: false, goesOn: true };
}

/** Earlier versions kept a fingerprint there, and no build. */
function headOf(text: string, path: string): Partial<Head> {
  const { build, fingerprint } = parsed(text);
  if (typeof build === 'string') return { build };
  if (typeof fingerprint === 'string') return {};
  throw damaged(`${path}:1`);
}

function lineOf(text: string, place: string): Line {
  const { key, inputs, value, check } = parsed(text);
  if (typeof key !== 'string' || typeof inputs !== 'object' || inputs === null) throw damaged(place);
  const line = { key, inputs: inputs as Inputs, value };
  const own = checkOf(line);
  if (check !== own) throw damaged(place);
  return { ...line, check: own };
}

/** The fields of a line; none where it is no record. */
function parsed(text: string): Record<string, unknown> {
  try {
    const value = fromExactJson(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The system names no file where a write fails. */
function writing(path: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw Object.assign(error as Error, { path, writing: true });
  }
}

function damaged(place: string): Error {
  return new Error(`${place}: the journal is damaged: take --fresh to begin again`);
}
