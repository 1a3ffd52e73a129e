import { floatTensor, type FloatTensor, integerTensor, type Tensor } from '../tensor.js';
import { float, int } from './attributes.js';
import type { Around, TensorFunction } from './function.js';
import { NORMS } from './norms.js';
import { factsAt } from './numbers.js';
import { floatsOf, integersOf } from './operands.js';

/**
 * ONNX Runtime's EmbedLayerNormalization: rows of tables of words, places and segments, their sum in float32 and its norm.
 * Outputs are the norm, how many words each image has by the mask, and the sum.
 */
const embedLayerNormalization: TensorFunction = {
  operands: 9,
  attributes: { epsilon: float(Math.fround(1e-12)), mask_index_type: int(1) },
  operations: 10,
  facts: (operands) => {
    const [batch, length] = factsAt(operands, 0).shape;
    const shape = [batch, length, factsAt(operands, 2).shape[1]];
    return [{ shape }, { shape: [batch], type: 'int32' }, { shape }];
  },
  run: ([words, segments, wordRows, placeRows, segmentRows, gamma, beta, mask, places], attributes, around) => {
    const ids = integersOf(words, 0);
    const [batch, length] = ids.shape;
    const tables = [floatsOf(wordRows, 2), floatsOf(placeRows, 3)];
    const own = places && integersOf(places, 8).data;
    const rows: ((i: number) => number)[] = [
      (i) => ids.data[i],
      (i) => own?.[own.length === length ? i % length : i] ?? i % length,
    ];
    if (segmentRows !== undefined) {
      const parts = segments && integersOf(segments, 1).data;
      tables.push(floatsOf(segmentRows, 4));
      rows.push((i) => parts?.[i] ?? 0);
    }
    const sum = summed([batch, length], tables, rows);
    const norm = [floatsOf(gamma, 5), beta && floatsOf(beta, 6)] as const;
    return [...normalized(sum, ...norm, attributes.epsilon as number, around), counted(mask, batch, length), sum];
  },
};

/** @throws Error naming a row that a table does not have */
function summed(
  shape: readonly number[],
  tables: readonly FloatTensor[],
  rows: readonly ((i: number) => number)[],
): FloatTensor {
  const width = tables[0].shape[1];
  const sum = floatTensor([...shape, width]);
  for (let i = 0; i < sum.data.length / width; i++)
    tables.forEach(({ data, shape: [count] }, which) => {
      const row = rows[which](i);
      if (!(row >= 0 && row < count)) throw new Error(`takes row ${row} of ${count}`);
      for (let j = 0; j < width; j++) sum.data[i * width + j] += data[row * width + j];
    });
  return sum;
}

function normalized(
  sum: FloatTensor,
  gamma: Tensor | undefined,
  beta: Tensor | undefined,
  epsilon: number,
  around: Around,
) {
  return NORMS.LayerNormalization.run([sum, gamma, beta], { axis: -1, epsilon }, around).slice(0, 1);
}

function counted(mask: Tensor | undefined, batch: number, length: number): Tensor {
  const counts = integerTensor([batch], 'int32');
  if (mask !== undefined)
    integersOf(mask, 7).data.forEach((seen, i) => (counts.data[Math.floor(i / length)] += Number(seen === 1)));
  return counts;
}

export const EMBEDDINGS: Readonly<Record<string, TensorFunction>> = {
  'com.microsoft.EmbedLayerNormalization': embedLayerNormalization,
};
