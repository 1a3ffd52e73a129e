import type { Options } from 'yargs';
import type { ReadOptions } from '../networks/readers/index.js';
import { UsageError } from './errors.js';

/** The options that say how a network's file is to be read. */
export const readingOptions = {
  shape: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'NAME=1x3x224x224: an input whose file leaves lengths open; repeatable',
  },
} as const satisfies Record<string, Options>;

/** @throws UsageError naming the shape that is none */
export function readingFrom({ shape = [] }: { shape?: readonly string[] }): ReadOptions {
  if (shape.length === 0) return {};
  return { shapes: Object.fromEntries(shape.map(shapeIn)) };
}

function shapeIn(word: string): [string, number[]] {
  const at = word.lastIndexOf('=');
  const lengths = word
    .slice(at + 1)
    .split('x')
    .map((length) => (/^\d+$/.test(length) ? Number(length) : Number.NaN));
  if (at > 0 && lengths.every((length) => length >= 1)) return [word.slice(0, at), lengths];
  throw new UsageError(`--shape takes NAME=1x3x224x224, an input and its lengths, found "${word}"`);
}
