import type { FloatTensor, IntegerTensor, Tensor, TensorFacts } from '../tensor.js';

/** An operand that must be there and real. @throws Error naming its place and what it is */
export function floatsOf(operand: Tensor | undefined, place: number): FloatTensor {
  if (operand?.kind === 'float') return operand;
  throw new Error(`wants real numbers as operand ${place + 1}, found ${describe(operand)}`);
}

/** An operand that must be there and integers. @throws Error naming its place and what it is */
export function integersOf(operand: Tensor | undefined, place: number): IntegerTensor {
  if (operand?.kind === 'integers') return operand;
  throw new Error(`wants integers as operand ${place + 1}, found ${describe(operand)}`);
}

function describe(operand: Tensor | undefined): string {
  if (operand === undefined) return 'none';
  if (operand.kind === 'float') return operand.type ?? 'float32';
  return operand.kind === 'integers' ? operand.type : `codes of ${operand.quantization.fit.format.name}`;
}

/** Integers in a vector, or one alone. @throws Error where they have more axes */
export function vectorOf(operand: IntegerTensor, what: string): readonly number[] {
  if (operand.shape.length <= 1) return [...operand.data];
  throw new Error(`has ${what} of shape ${operand.shape.join('x')}: a vector is wanted`);
}

/**
 * What a function writes is as long as operands say that are computed.
 * @param known what is known of it all the same
 */
export class OpenShape extends Error {
  readonly known: readonly TensorFacts[] | undefined;
  constructor(message: string, known?: readonly TensorFacts[]) {
    super(message);
    this.known = known;
  }
}

/**
 * Integers known before a run: a shape, axes.
 * @param facts what is written, as far as it is known where they are computed
 * @throws OpenShape where they are computed, Error where they are none or left out
 */
export function knownIntegers(
  operand: (Partial<TensorFacts> & { value?: Tensor }) | undefined,
  what: string,
  facts?: readonly TensorFacts[],
): readonly number[] {
  if (operand?.value?.kind === 'integers') return vectorOf(operand.value, what);
  if (operand === undefined) throw new Error(`lacks ${what}`);
  const { type = 'float32', quantization, open } = operand;
  if (open === undefined && (quantization !== undefined || type.includes('float')))
    throw new Error(`wants integers as ${what}, found ${quantization === undefined ? type : 'codes'}`);
  throw new OpenShape(`computes ${what} while it runs: only ${what} known from the file can be followed`, facts);
}

/** An axis counted from the front. @throws Error where there is none such */
export function axisOf(axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  if (axis === undefined) throw new Error('has no axis');
  throw new Error(`has axis ${axis} over ${rank} axes`);
}
