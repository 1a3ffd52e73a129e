import { type FloatTensor, floatTensor, type IntegerTensor } from '../tensor.js';
import { type Attributes, float, int } from './attributes.js';
import type { TensorFunction } from './function.js';
import { floatsOf, integersOf } from './operands.js';
import { likeFirst } from './unary.js';

/** Pairs of numbers turned by angles that grow with the place in the sequence (Su et al., arXiv 2104.09864). */

/** How the heads of a tensor lie: [batch, head, place, number], or [batch, place, head * number]. */
interface Heads {
  batches: number;
  heads: number;
  places: number;
  width: number;
  /** First number of a head at a place. */
  at(batch: number, head: number, place: number): number;
}

function headsOf(shape: readonly number[], given: number): Heads {
  if (shape.length === 4) {
    const [batches, heads, places, width] = shape;
    return { batches, heads, places, width, at: (b, h, s) => ((b * heads + h) * places + s) * width };
  }
  const [batches, places, size] = shape;
  if (shape.length !== 3 || !(given >= 1) || size % given !== 0)
    throw new Error(`has ${given} heads in ${shape.join('x')}: rank 4, or rank 3 and heads that divide it, is wanted`);
  const width = size / given;
  return { batches, heads: given, places, width, at: (b, h, s) => (b * places + s) * size + h * width };
}

/** Where the angles of a place begin in the caches: by its position, or one row for each place of each image. */
function rowsOf(
  positions: IntegerTensor | undefined,
  { batches, places }: Heads,
): (batch: number, place: number) => number {
  if (positions === undefined) return (batch, place) => batch * places + place;
  const { data } = positions;
  if (data.length === batches * places) return (batch, place) => data[batch * places + place];
  if (data.length === 1) return (_, place) => data[0] + place;
  throw new Error(`has ${data.length} positions for ${batches} x ${places} places`);
}

export function rotated(
  x: FloatTensor,
  cosines: FloatTensor,
  sines: FloatTensor,
  positions: IntegerTensor | undefined,
  { interleaved, num_heads: given, rotary_embedding_dim: part }: Attributes,
): FloatTensor {
  const heads = headsOf(x.shape, given as number);
  const half = ((part as number) || heads.width) / 2;
  const stride = cosines.shape[cosines.shape.length - 1];
  if (stride !== half) throw new Error(`has ${stride} angles for ${half} pairs`);
  const rowAt = rowsOf(positions, heads);
  const output = floatTensor(x.shape, x.data.slice());
  const [next, step] = interleaved === 1 ? [1, 2] : [half, 1];
  for (let b = 0; b < heads.batches; b++)
    for (let s = 0; s < heads.places; s++) {
      const row = rowAt(b, s);
      if (!(row >= 0 && (row + 1) * half <= cosines.data.length)) throw new Error(`has no angles for position ${row}`);
      for (let h = 0; h < heads.heads; h++)
        for (let i = 0, at = heads.at(b, h, s); i < half; i++, at += step) {
          const [c, d] = [cosines.data[row * half + i], sines.data[row * half + i]];
          output.data[at] = x.data[at] * c - x.data[at + next] * d;
          output.data[at + next] = x.data[at] * d + x.data[at + next] * c;
        }
    }
  return output;
}

const attributes = { interleaved: int(0), num_heads: int(0), rotary_embedding_dim: int(0) };

export const ROTARY: Readonly<Record<string, TensorFunction>> = {
  RotaryEmbedding: {
    operands: 4,
    attributes,
    operations: 3,
    facts: likeFirst,
    run: ([x, cosines, sines, positions], given) => [
      rotated(floatsOf(x, 0), floatsOf(cosines, 1), floatsOf(sines, 2), positions && integersOf(positions, 3), given),
    ],
  },
  'com.microsoft.RotaryEmbedding': {
    operands: 4,
    attributes: { ...attributes, scale: float(1), is_packed_batching: int(0) },
    operations: 3,
    facts: likeFirst,
    run: ([x, positions, cosines, sines], given) => [
      rotated(floatsOf(x, 0), floatsOf(cosines, 2), floatsOf(sines, 3), positions && integersOf(positions, 1), given),
    ],
  },
};
