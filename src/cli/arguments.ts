import { findFormat } from '../formats/catalog.js';
import { type Fit, fitTo, type Overflow, type Subnormals } from '../formats/codec.js';
import type { Format } from '../formats/format.js';
import type { Datapath } from '../datapaths/datapath.js';
import { loadDatapath } from '../datapaths/schema.js';
import { readDocument } from '../text/document.js';
import { readText } from '../text/read.js';
import { FLOAT_OVERFLOWS, findRounding, formatField, noFormat, noRounding } from '../datapaths/fields.js';
import { UsageError } from './errors.js';
import { seedOption } from './options.js';

export { fitOptions, inputOption, jsonOption, outputOption, seedOption, wideOption } from './options.js';

interface FitArguments {
  rounding?: string;
  overflow?: string;
  subnormals?: string;
  tininess?: string;
  seed?: number;
}

/** The fit that the shared options describe. */
export function fitFrom(args: FitArguments, format: Format): Fit {
  const { rounding: name = 'rne', seed = seedOption.default, subnormals = 'keep', tininess = 'after' } = args;
  const rounding = findRounding(name, integer(seed, '--seed'));
  if (rounding === undefined) throw new UsageError(`--rounding: ${noRounding(name)}`);
  const overflow = (args.overflow as Overflow | undefined) ?? fitTo(format).overflow;
  if (overflow === 'wrap' && format.kind !== 'int')
    throw new UsageError(`--overflow wrap is for integers, and ${format.name} is none: use ${FLOAT_OVERFLOWS}`);
  return {
    format,
    rounding,
    overflow,
    subnormals: subnormals as Subnormals,
    tininess: tininess as 'after' | 'before',
  };
}

/** A format by its name, or from a record such as `{exponentBits: 5, mantissaBits: 3}`. */
export function formatFrom(text: string, option: string): Format {
  const format = findFormat(text);
  if (format !== undefined) return format;
  if (!text.startsWith('{')) throw new UsageError(`${option}: ${noFormat(text)}`);
  try {
    return readDocument(text, option, formatField);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** Formats separated by commas, of which a record has some of its own. */
export function formatsFrom(text: string, option: string): Format[] {
  const words = text.match(/\{[^}]*\}|[^,]+/g) ?? [];
  return words.map((word) => formatFrom(word.trim(), option));
}

/** A datapath by its name, or from a file. */
export function datapathFrom(nameOrFile: string): Datapath {
  try {
    return loadDatapath(nameOrFile);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message, { cause: error }) : error;
  }
}

/** A file with an array is a target's, and another one a datapath's. */
export function isTargetFile(path: string): boolean {
  return /^[\s{,]*"?array"?\s*:/m.test(readText(path));
}

/** @throws UsageError unless the value is a whole number of at least `least` and at most `most` */
export function integer(value: number, option: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  if (value > most) throw new UsageError(`${option} must be a whole number of at most ${most}, found ${value}`);
  throw new UsageError(`${option} must be a whole number of at least ${least}, found ${value}`);
}
