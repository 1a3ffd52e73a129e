import type { Options } from 'yargs';
import { RULES } from '../networks/conventions/rules.js';
import type { ReadOptions } from '../networks/readers/index.js';
import { UsageError } from './errors.js';

const RULE_NAMES = Object.keys(RULES);

/** The options that say how a network's file is to be read. */
export const readingOptions = {
  shape: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'NAME=1x3x224x224: an input whose lengths are open; repeatable',
  },
  rules: {
    type: 'string',
    choices: RULE_NAMES,
    describe:
      "whose arithmetic: ort (ONNX Runtime's fused steps, by default), ort-unfused, or onnx (float32 steps, by default of what lastbit wrote)",
  },
} as const satisfies Record<string, Options>;

/** @throws UsageError naming the shape that is none */
export function readingFrom({ shape = [], rules }: { shape?: readonly string[]; rules?: string }): ReadOptions {
  return {
    ...(shape.length > 0 && { shapes: Object.fromEntries(shape.map(shapeIn)) }),
    ...(rules !== undefined && { rules: rules as ReadOptions['rules'] }),
  };
}

/** The words of a command line that read a file the same way again, after a space. */
export function wordsOfReading({ shapes = {}, rules }: ReadOptions): string {
  const words = Object.entries(shapes).map(([name, shape]) => ` --shape ${name}=${shape.join('x')}`);
  return [...words, rules === undefined ? '' : ` --rules ${rules}`].join('');
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
