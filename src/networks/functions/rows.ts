import { sizeOf } from '../tensor.js';
import { placesOf, stridesOf } from './broadcast.js';
import type { Numbers } from './numbers.js';

/** Where a loop reads: an element, and how far on the next one lies, 0 or 1. */
export interface Span {
  data: Numbers;
  at: number;
  step: number;
}

/** A loop over a row of so many elements, from the place `at` of its result on. */
export type RowLoop = (spans: readonly Span[], to: Numbers, at: number, length: number) => void;

/**
 * Runs a loop over operands that are broadcast to one shape: axes that lie together in all of them are one row, so that
 * tensors of one shape, or one and a scalar, are a single row.
 */
export function overRows(
  operands: readonly { shape: readonly number[]; data: Numbers }[],
  shape: readonly number[],
  to: Numbers,
  loop: RowLoop,
): void {
  const size = sizeOf(shape);
  if (size === 0) return;
  const axes = mergedAxes(
    operands.map((each) => spreadStrides(each.shape, shape)),
    shape,
  );
  const row = axes.pop() ?? { length: 1, steps: operands.map(() => 0) };
  const outer = axes.map(({ length }) => length);
  const firsts = operands.map((_, i) =>
    placesOf(
      outer,
      axes.map(({ steps }) => steps[i]),
    ),
  );
  const spans = operands.map(({ data }, i): Span => ({ data, at: 0, step: row.steps[i] }));
  for (let r = 0, at = 0; at < size; r++, at += row.length) {
    for (let i = 0; i < spans.length; i++) spans[i].at = firsts[i][r];
    loop(spans, to, at, row.length);
  }
}

interface MergedAxis {
  length: number;
  steps: readonly number[];
}

function mergedAxes(strides: readonly (readonly number[])[], shape: readonly number[]): MergedAxis[] {
  const axes: MergedAxis[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    const steps = strides.map((each) => each[axis]);
    const inner = axes[0];
    if (inner !== undefined && steps.every((step, i) => step === inner.steps[i] * inner.length))
      inner.length *= shape[axis];
    else axes.unshift({ length: shape[axis], steps });
  }
  return axes;
}

/** Elements from one index of an axis to the next; none where it is repeated. */
function spreadStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  return to.map((_, axis) => {
    const own = axis - to.length + from.length;
    return own < 0 || from[own] === 1 ? 0 : strides[own];
  });
}
