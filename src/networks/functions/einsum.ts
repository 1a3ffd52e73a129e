import { dequantize } from '../quantization.js';
import { productsOf, productTensor, type Side, type Stack } from '../products/stack.js';
import { floatTensor, type FloatTensor, type Operand, sizeOf, type Tensor } from '../tensor.js';
import { type Attributes, type AttributeSpec } from './attributes.js';
import { placesOf, stridesOf } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { realOrCodes } from './matmul.js';
import { taken } from './moves.js';

/** Einstein's sums: two operands as stacked matrix products, more of them one after another. */

interface Terms {
  /** Labels of each operand's axes, of one character each; broadcast axes of an ellipsis have digits. */
  operands: readonly string[];
  output: string;
  lengths: ReadonlyMap<string, number>;
}

function termsOf({ equation }: Attributes, shapes: readonly (readonly number[])[]): Terms {
  const text = (equation as string).replaceAll(' ', '');
  const [left, given] = text.split('->');
  const written = left.split(',');
  if (written.length !== shapes.length)
    throw new Error(`has equation = ${text} for ${shapes.length} operands: a term for each is wanted`);
  const free = written.map((term, i) => shapes[i].length - term.replace('...', '').length);
  const most = Math.max(0, ...written.map((term, i) => (term.includes('...') ? free[i] : 0)));
  const dots = (count: number) => '0123456789'.slice(most - count, most);
  const operands = written.map((term, i) => term.replace('...', dots(free[i])));
  const wrong = operands.findIndex((term, i) => term.length !== shapes[i].length || !/^[A-Za-z0-9]*$/.test(term));
  if (wrong >= 0)
    throw new Error(
      `has equation = ${text}, whose term ${wrong + 1} does not name the axes of ${shapes[wrong].join('x')}`,
    );
  const lengths = new Map<string, number>();
  operands.forEach((term, i) =>
    [...term].forEach((label, axis) => {
      const [known, length] = [lengths.get(label) ?? 1, shapes[i][axis]];
      if (known !== 1 && length !== 1 && known !== length)
        throw new Error(`has equation = ${text}, whose ${label} is ${known} and ${length} long`);
      lengths.set(label, known === 1 ? length : known);
    }),
  );
  return { operands, output: outputOf(given, operands, dots(most), lengths, text), lengths };
}

/** What is given, or every label that is there once, in the order of the alphabet. */
function outputOf(
  given: string | undefined,
  operands: readonly string[],
  dots: string,
  lengths: Terms['lengths'],
  text: string,
): string {
  const all = operands.join('');
  const once = [...new Set(all)].filter((label) => all.split(label).length === 2 && !dots.includes(label)).sort();
  const output = given === undefined ? dots + once.join('') : given.replace('...', dots);
  if ([...output].every((label) => lengths.has(label)) && new Set(output).size === output.length) return output;
  throw new Error(`has equation = ${text}: its result names axes of operands, each once`);
}

const lengthOf = ({ lengths }: Pick<Terms, 'lengths'>, labels: string) =>
  [...labels].map((label) => lengths.get(label) as number);
const among = (labels: string, others: string) =>
  [...new Set(labels)].filter((label) => others.includes(label)).join('');
const outside = (labels: string, others: string) =>
  [...new Set(labels)].filter((label) => !others.includes(label)).join('');

/** An operand's axes in another order: a label twice is its diagonal, one of length 1 or of other operands is repeated. */
function arranged<T extends Tensor>(x: T, term: string, labels: string, lengths: Terms['lengths']): T {
  const strides = stridesOf(x.shape);
  const shape = lengthOf({ lengths }, labels);
  const steps = [...labels].map((label) =>
    [...term].reduce((step, each, axis) => step + (each === label && x.shape[axis] > 1 ? strides[axis] : 0), 0),
  );
  return taken(x, shape, placesOf(shape, steps)) as T;
}

/** Sums over the labels that are not kept. */
function summed(x: FloatTensor, term: string, kept: string, lengths: Terms['lengths']): FloatTensor {
  const gone = outside(term, kept);
  const own = new Map([...term].map((label, axis) => [label, x.shape[axis]] as const));
  const { data } = arranged(x, term, kept + gone, new Map([...own]));
  const shape = lengthOf({ lengths: own }, kept);
  const repeats = [...gone].reduce(
    (total, label) => total * ((lengths.get(label) as number) / (own.get(label) as number)),
    1,
  );
  const inner = data.length / Math.max(1, sizeOf(shape));
  const result = floatTensor(shape);
  for (let i = 0; i < result.data.length; i++) {
    let sum = 0;
    for (let j = 0; j < inner; j++) sum += data[i * inner + j];
    result.data[i] = sum * repeats;
  }
  return result;
}

interface Contraction extends Stack {
  a: string;
  b: string;
  /** Labels in the order that the products have them. */
  result: string;
}

/** @param kept labels that are asked for after it */
function contractionOf(a: string, b: string, kept: string, lengths: Terms['lengths']): Contraction {
  const both = among(a, b);
  const [batch, inner] = [among(both, kept), outside(both, kept)];
  const [rows, columns] = [among(outside(a, b), kept), among(outside(b, a), kept)];
  const size = (labels: string) => sizeOf(lengthOf({ lengths }, labels));
  const side =
    (term: string, labels: string): Side =>
    (axis) => {
      const at = labels.indexOf(term[axis]);
      if (at < 0) return undefined;
      const shape = lengthOf({ lengths }, labels);
      return placesOf(
        shape,
        shape.map((_, i) => Number(i === at)),
      );
    };
  return {
    ...{ groups: size(batch), m: size(rows), n: size(columns), k: size(inner) },
    ...{ a: batch + rows + inner, b: batch + inner + columns, result: batch + rows + columns },
    ...{ rows: side(a, rows), columns: side(b, columns) },
  };
}

/** Labels of one operand alone that nobody asks for are summed before the product. */
function needed(term: string, other: string, kept: string): string {
  return among(term, other + kept);
}

const equation: AttributeSpec = { kind: 'string', absent: '' };

const einsum: TensorFunction = {
  attributes: { equation },
  factors: [0, 1],
  facts: (inputs, attributes) => {
    const terms = termsOf(
      attributes,
      inputs.map((each) => (each as OperandFacts).shape),
    );
    return [{ shape: lengthOf(terms, terms.output) }];
  },
  products(inputs, attributes) {
    const facts = inputs as readonly OperandFacts[];
    const { operands, output, lengths } = termsOf(
      attributes,
      facts.map(({ shape }) => shape),
    );
    if (operands.length !== 2) return undefined;
    const [a, b] = operands;
    const contraction = contractionOf(needed(a, b, output), needed(b, a, output), output, lengths);
    const summedFirst = [needed(a, b, output), needed(b, a, output)].some((term, i) => term !== operands[i]);
    const plain = facts.map(({ shape }) => ({ shape }));
    return productsOf(
      contraction,
      ...((summedFirst ? plain : facts) as [OperandFacts, OperandFacts]),
      sizeOf(facts[0].shape),
    );
  },
  run(inputs, attributes, { layer, arithmetic }) {
    const { operands, output, lengths } = termsOf(
      attributes,
      inputs.map((each) => realOrCodes(each).shape),
    );
    let [term] = operands;
    let x: Operand = realOrCodes(inputs[0]);
    for (let i = 1; i < operands.length; i++) {
      const kept = output + operands.slice(i + 1).join('');
      const [left, leftTerm] = reduced(x, term, operands[i] + kept, lengths);
      const [right, rightTerm] = reduced(realOrCodes(inputs[i]), operands[i], term + kept, lengths);
      const each = contractionOf(leftTerm, rightTerm, kept, lengths);
      const [a, b] = [arranged(left, leftTerm, each.a, lengths), arranged(right, rightTerm, each.b, lengths)];
      const shape = lengthOf({ lengths }, each.result);
      x = productTensor(each, a, b, shape, layer, arithmetic);
      term = each.result;
    }
    return [arranged(summed(dequantize(x), term, among(term, output), lengths), among(term, output), output, lengths)];
  },
};

/** An operand without the labels that nobody asks for; codes stay such where there are none. */
function reduced(x: Operand, term: string, kept: string, lengths: Terms['lengths']): [Operand, string] {
  const rest = among(term, kept);
  return rest === term ? [x, term] : [summed(dequantize(x), term, rest, lengths), rest];
}

export const EINSUM: Readonly<Record<string, TensorFunction>> = { Einsum: einsum };
