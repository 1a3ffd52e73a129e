import type { Tensor } from '../tensor.js';

/** An attribute as it lies in a layer: the kind says how a file holds it. */
export type AttributeData = number | string | readonly number[] | Tensor | undefined;
export type Attributes = Readonly<Record<string, AttributeData>>;

/** How a function's attribute is read, and what it is where a file leaves it out. */
export interface AttributeSpec {
  /** Of `strings` it is the words with spaces between. */
  kind: 'int' | 'float' | 'ints' | 'floats' | 'string' | 'strings' | 'tensor';
  absent: AttributeData;
  /** The words that a string may be. */
  among?: readonly string[];
  /** Where a file leaves it out, it is how many outputs the node has. */
  orOutputs?: boolean;
}

export const int = (absent: number | undefined): AttributeSpec => ({ kind: 'int', absent });
export const float = (absent: number | undefined): AttributeSpec => ({ kind: 'float', absent });
export const ints = (absent?: readonly number[]): AttributeSpec => ({ kind: 'ints', absent });
export const floats = (absent?: readonly number[]): AttributeSpec => ({ kind: 'floats', absent });
export const word = (absent: string, among: readonly string[]): AttributeSpec => ({ kind: 'string', absent, among });
export const tensor = (): AttributeSpec => ({ kind: 'tensor', absent: undefined });
