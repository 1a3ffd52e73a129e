import type { FloatTensor, IntegerTensor, Tensor } from '../tensor.js';

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

/** Integers known before a run: a shape, axes. @throws Error where they are computed */
export function knownIntegers(operand: { value?: Tensor } | undefined, what: string): readonly number[] {
  if (operand?.value?.kind === 'integers') return vectorOf(operand.value, what);
  if (operand === undefined) throw new Error(`lacks ${what}`);
  throw new Error(`computes ${what} while it runs: only ${what} known from the file can be followed`);
}

/** An axis counted from the front. @throws Error where there is none such */
export function axisOf(axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  if (axis === undefined) throw new Error('has no axis');
  throw new Error(`has axis ${axis} over ${rank} axes`);
}
