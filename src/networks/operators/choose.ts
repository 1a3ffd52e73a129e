import type { ChooseLayer } from '../network.js';
import type { TensorFacts } from '../tensor.js';
import type { Operator } from './operator.js';

/** One of two tensors, of which whoever runs it gives the one that is wanted. */
export const choose: Operator<ChooseLayer> = {
  reads: 3,
  facts: ({ name, node = name }, [, yes, no]) => [together(yes, no, `${node} (If)`)],
  any: (_, [taken]) => [taken],
};

/** What is known of whichever it is. @throws Error where they are of two types */
function together(yes: TensorFacts, no: TensorFacts, open: string): TensorFacts {
  const [one, other] = [yes, no].map(({ type = 'float32', quantization: q }) =>
    q === undefined ? type : `${q.fit.format.name} of scale ${q.scale[0]}, zero point ${String(q.zeroPoint)}`,
  );
  if (one !== other) throw new Error(`gives ${one} or ${other}: one type is wanted`);
  if (yes.shape.join() === no.shape.join()) return yes.open === undefined ? no : yes;
  const shape =
    yes.shape.length === no.shape.length
      ? yes.shape.map((length, axis) => (length === no.shape[axis] ? length : Number.NaN))
      : [Infinity];
  return { ...yes, shape, open };
}
