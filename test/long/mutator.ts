import { random } from '../networks/readers/onnx/samples.js';

/** A seeded source of mutations: the same seed gives the same ones. */
export class Chance {
  private readonly draw: () => number;

  constructor(seed: number) {
    this.draw = random(seed);
  }

  /** Uniform in 0 .. count - 1. */
  below(count: number): number {
    return Math.floor(this.draw() * count);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

/** What a file became, and what was done to it, for a report. */
export interface Mutated<T> {
  value: T;
  note: string;
}

/** Numbers at which readers and sizes go wrong, as people and programs write them. */
export const EDGES = [
  ...['0', '-0', '-1', '1', '2', '0.5', '3.5', '1e-9', '255', '256', '65536', '1e9', '2147483648', '4294967296'],
  ...['9007199254740992', '18446744073709551616', '1e30', '1e999', '0x10', '0b1', '1_000', '+5', '007', '1e3'],
  ...[
    'nan',
    'NaN',
    '.nan',
    'inf',
    '-inf',
    'Infinity',
    '.inf',
    '',
    ' ',
    'true',
    'null',
    '~',
    'x',
    '-',
    '1,5',
    '"3"',
    "'",
  ],
] as const;

const NUMBER = /[-+]?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?)/gi;
const WORD = /[a-z][\w-]*/gi;

type Edit<T> = (value: T, chance: Chance) => Mutated<T>;

/** Puts something in the place of one match; the text as it was where nothing matches. */
function replaced(text: string, pattern: RegExp, chance: Chance, by: (found: string) => string): Mutated<string> {
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return { value: text, note: 'nothing' };
  const match = chance.of(matches);
  const next = by(match[0]);
  const value = text.slice(0, match.index) + next + text.slice(match.index + match[0].length);
  return { value, note: `${match[0]} -> ${JSON.stringify(next)} at ${match.index}` };
}

function lineEdit(text: string, chance: Chance, edit: (lines: string[], at: number) => string): Mutated<string> {
  const lines = text.split('\n');
  const at = chance.below(lines.length);
  const note = `line ${at + 1} ${edit(lines, at)}`;
  return { value: lines.join('\n'), note };
}

/** What can be done to text of lines and numbers. */
const TEXT_EDITS: readonly Edit<string>[] = [
  (text, chance) => replaced(text, NUMBER, chance, () => chance.of(EDGES)),
  (text, chance) => replaced(text, NUMBER, chance, () => chance.of(EDGES)),
  (text, chance) =>
    replaced(text, WORD, chance, (word) =>
      chance.of([`${word}x`, word.slice(1), word.toUpperCase(), '', 'x', '[1, 2]', '{k: 1}']),
    ),
  (text, chance) =>
    replaced(text, /[^\w\s]/g, chance, () =>
      chance.of(['', ',', ';', ':', '{', '[', '"', "'", '@', '#', '&a ', '*a ', '/*', '//', '%']),
    ),
  (text, chance) => lineEdit(text, chance, (lines, at) => (lines.splice(at, 1), 'deleted')),
  (text, chance) => lineEdit(text, chance, (lines, at) => (lines.splice(at, 0, lines[at]), 'doubled')),
  (text, chance) =>
    lineEdit(text, chance, (lines, at) => {
      const to = chance.below(lines.length);
      [lines[at], lines[to]] = [lines[to], lines[at]];
      return `swapped with ${to + 1}`;
    }),
  (text, chance) => lineEdit(text, chance, (lines, at) => ((lines[at] = `  ${lines[at]}`), 'indented')),
  (text, chance) =>
    lineEdit(
      text,
      chance,
      (lines, at) => (
        (lines[at] = chance.of(['', '---', '[]', '{}', '"', ',,,,', '\t', '\u0000'])), `is ${JSON.stringify(lines[at])}`
      ),
    ),
  (text, chance) => {
    const end = chance.below(text.length + 1);
    return { value: text.slice(0, end), note: `cut at ${end}` };
  },
];

/** One or two changes, so that a failure is easily told. */
function several<T>(value: T, chance: Chance, edits: readonly Edit<T>[]): Mutated<T> {
  const first = chance.of(edits)(value, chance);
  if (chance.below(4) > 0) return first;
  const second = chance.of(edits)(first.value, chance);
  return { value: second.value, note: `${first.note}; ${second.note}` };
}

const decoder = new TextDecoder('latin1');

/** Text by its lines, words and numbers; one in eight by its bytes. */
export function mutateText(bytes: Uint8Array, chance: Chance): Mutated<Uint8Array> {
  if (chance.below(8) === 0) return mutateBytes(bytes, chance);
  const { value, note } = several(decoder.decode(bytes), chance, TEXT_EDITS);
  return { value: Buffer.from(value, 'latin1'), note };
}

const BYTE_EDITS: readonly Edit<Uint8Array>[] = [
  (bytes, chance) => {
    const value = Uint8Array.from(bytes);
    const at = chance.below(bytes.length);
    value[at] ^= 1 << chance.below(8);
    return { value, note: `bit flipped in byte ${at}` };
  },
  (bytes, chance) => {
    const value = Uint8Array.from(bytes);
    const at = chance.below(bytes.length);
    value[at] = chance.of([0, 1, 10, 44, 127, 128, 255]);
    return { value, note: `byte ${at} is ${value[at]}` };
  },
  (bytes, chance) => {
    const end = chance.below(bytes.length);
    return { value: bytes.slice(0, end), note: `cut at byte ${end}` };
  },
  (bytes, chance) => {
    const at = chance.below(bytes.length);
    const length = 1 + chance.below(8);
    return {
      value: Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
      note: `bytes ${at} to ${at + length - 1} gone`,
    };
  },
  (bytes, chance) => {
    const at = chance.below(bytes.length);
    const length = 1 + chance.below(16);
    const piece = bytes.subarray(at, at + length);
    return {
      value: Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]),
      note: `bytes ${at} to ${at + length - 1} doubled`,
    };
  },
];

/** @param bytes at least one */
export function mutateBytes(bytes: Uint8Array, chance: Chance): Mutated<Uint8Array> {
  return several(bytes.length === 0 ? new Uint8Array(1) : bytes, chance, BYTE_EDITS);
}

/** The first bytes, where counts and dimensions are. */
export function mutateHead(bytes: Uint8Array, chance: Chance, length: number): Mutated<Uint8Array> {
  const { value, note } = mutateBytes(bytes.subarray(0, length), chance);
  return { value: Buffer.concat([value, bytes.subarray(length)]), note: `head: ${note}` };
}

const OPTION_WORDS = [
  '--json',
  '--out',
  '--help',
  '--version',
  '--seed',
  '--images',
  '--',
  '--x',
  '-k',
  '--no-json',
  '--data',
  'x',
  '.',
];

/** The words of a command line: left out, doubled, exchanged, misspelt, or with an edge in the place of a value. */
export function mutateWords(words: readonly string[], chance: Chance): Mutated<string[]> {
  const value = [...words];
  const at = chance.below(value.length);
  const word = value[at];
  const kind = chance.below(8);
  if (kind === 0) value.splice(at, 1);
  else if (kind === 1) value.splice(at, 0, word);
  else if (kind === 2) {
    const to = chance.below(value.length);
    [value[at], value[to]] = [value[to], value[at]];
  } else if (kind === 3)
    value[at] = chance.of([`${word}x`, word.slice(1), word.toUpperCase(), `${word}=`, `${word}=1`]);
  else if (kind === 4) value.splice(at, 0, chance.of(OPTION_WORDS));
  else {
    const values = value.flatMap((candidate, i) => (i > 0 && !candidate.startsWith('-') ? [i] : []));
    value[values.length === 0 ? at : chance.of(values)] = chance.of(EDGES);
  }
  return { value, note: 'its words' };
}
