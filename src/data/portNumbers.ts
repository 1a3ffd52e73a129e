import { rounderOf } from '../datapaths/kernel/index.js';
import { formatNamed } from '../formats/catalog.js';
import { fitTo } from '../formats/fit.js';
import { type Affine, affineValues } from './affine.js';
import { isNumberType, type NumberArray, type NumberData, NUMBER_TYPES, type NumberType } from './numbers.js';
import type { PortShape } from './samples.js';

/** The type of a port. @throws Error naming it where it is none of NUMBER_TYPES */
export function typeOfPort({ name, type }: PortShape): NumberType {
  if (isNumberType(type)) return type;
  throw new Error(`input "${name}" is of type ${type}: data can be given for ${Object.keys(NUMBER_TYPES).join(', ')}`);
}

export const isReal = (port: PortShape): boolean => NUMBER_TYPES[typeOfPort(port)].kind === 'real';
export const isWhole = (port: PortShape): boolean => NUMBER_TYPES[typeOfPort(port)].kind === 'whole';

/**
 * Numbers of a file in the type of an input. Reals are rounded once, to nearest even; whole numbers must be whole and in
 * range; codes of a format come as such, or as bytes.
 * @param place begins the errors. @throws Error with one line that names the input, the number found and the range
 */
export function numbersFor(
  port: PortShape,
  array: NumberArray,
  affine: Affine | undefined,
  place: string,
): NumberArray {
  const type = typeOfPort(port);
  const { shape } = array;
  if (array.type === type && affine === undefined) return array;
  const { kind } = NUMBER_TYPES[type];
  const from = NUMBER_TYPES[array.type].kind;
  const isCode = kind === 'code' && array.type === 'uint8';
  if ((kind === 'code' && !isCode) || (from === 'code' && kind !== 'code'))
    throw new Error(
      `${place} holds ${array.type}, and input "${port.name}" reads ${type}${kind === 'code' ? ': give its codes as uint8' : ''}`,
    );
  const values = affine === undefined ? array.data : affineValues(array.data, affine);
  const hint =
    type === 'int8' && array.type === 'uint8' && affine === undefined ? ' (--mean 128 shifts bytes there)' : '';
  const data = kind === 'real' ? realsAs(type, values) : wholesAs(port, values, place, hint);
  return { type, shape, data };
}

/** Formats that no array of the language has. */
const ROUNDED: Partial<Record<NumberType, string>> = { float16: 'fp16', bfloat16: 'bf16' };

function realsAs(type: NumberType, values: NumberData): NumberData {
  const format = ROUNDED[type];
  if (format === undefined)
    return values instanceof NUMBER_TYPES[type].array ? values : new NUMBER_TYPES[type].array(values);
  const rounder = rounderOf(fitTo(formatNamed(format)), { swamped: 0, overflowed: 0 });
  if (rounder === undefined) throw new RangeError(`no rounder for ${format}`);
  return Float32Array.from(values as ArrayLike<number>, rounder.round);
}

function wholesAs(port: PortShape, values: NumberData, place: string, hint: string): NumberData {
  const type = typeOfPort(port);
  const { bits, signed, array } = NUMBER_TYPES[type];
  const lowest = signed ? -(2 ** (bits - 1)) : 0;
  const highest = lowest + 2 ** bits - 1;
  const isHeld = (value: number) => Number.isSafeInteger(value) && value >= lowest && value <= highest;
  for (let i = 0; i < values.length; i++)
    if (!isHeld(values[i])) {
      const range =
        bits > 53 ? `whole numbers ${signed ? '' : 'from 0 '}up to 2^53` : `whole numbers from ${lowest} to ${highest}`;
      throw new Error(`${place}: number ${i} is ${values[i]}, and input "${port.name}" reads ${type}: ${range}${hint}`);
    }
  return new array(values);
}
