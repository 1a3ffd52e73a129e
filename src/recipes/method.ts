import type { Recipe } from '../quantize/contract/recipe.js';
import type { Bits } from './bits.js';
import type { TrainRecipe } from './trainRecipe.js';

/** A method that quantizes a float network after its training. */
export interface AfterRecipe extends Recipe {
  kind: 'after';
  bits: Bits;
  /** Whose method it is, and where it is published. */
  source: string;
}

/** Everything that makes a quantized network of a float one. */
export type Method = AfterRecipe | TrainRecipe;
export type MethodKind = Method['kind'];
export type MethodOf<Kind extends MethodKind> = Extract<Method, { kind: Kind }>;
