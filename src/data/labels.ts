import type { NumberArray } from './numbers.js';

/** Class of each row of data, and the names of classes in the order of labels where they have names. */
export interface ClassLabels {
  labels?: Int32Array;
  classes?: readonly string[];
}

const MOST = 2 ** 31 - 1;

/**
 * Labels as words: whole numbers stand for themselves, and other words for their place among all words in the alphabet's
 * order (that of UTF-16 units, so that it is the same on every machine).
 * @throws Error naming the place of a label that is empty, or negative or broken where the others are whole numbers
 */
export function labelsOfWords(words: readonly string[], place: (i: number) => string): ClassLabels {
  const empty = words.indexOf('');
  if (empty >= 0) throw new Error(`${place(empty)}: the label is empty`);
  if (!words.every((word) => !Number.isNaN(Number(word)))) {
    const classes = [...new Set(words)].sort();
    const places = new Map(classes.map((name, i) => [name, i]));
    return { labels: Int32Array.from(words, (word) => places.get(word) as number), classes };
  }
  return { labels: Int32Array.from(words, (word, i) => wholeLabel(Number(word), () => place(i))) };
}

function wholeLabel(value: number, place: () => string): number {
  if (Number.isInteger(value) && value >= 0 && value <= MOST) return value;
  throw new Error(`${place()}: the label is ${value}: whole numbers from 0 are labels`);
}

/** An array of labels, [n] or [n, 1]. @throws Error naming the path and what was found */
export function labelsOfArray({ shape, data }: NumberArray, path: string): Int32Array {
  if (shape.length === 0 || shape.slice(1).some((length) => length !== 1))
    throw new Error(`${path} has shape ${shape.join('x') || 'of a single number'}: labels are one number a sample`);
  return Int32Array.from(data as ArrayLike<number>, (value, i) => wholeLabel(value, () => `${path}[${i}]`));
}
