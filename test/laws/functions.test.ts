import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../src/networks/arithmetic.js';
import { executeAll, type Tap } from '../../src/networks/execute.js';
import { factsOf, ofBatch } from '../../src/networks/facts.js';
import { lower } from '../../src/networks/lower.js';
import { type Arithmetic, type Layer, type MatmulJob, type Network, opNameOf } from '../../src/networks/network.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { factsOfTensor, type FloatTensor, floatTensor, sizeOf, type Tensor } from '../../src/networks/tensor.js';
import { FUNCTION_CASES } from '../networks/functions/cases/index.js';
import { op, tensor } from '../networks/readers/onnx/graphs.js';
import { fileOf, type FunctionCase, imagesOf, outcomeOf } from '../networks/functions/standard.js';

const named = FUNCTION_CASES.map((test, i) => [`${test.node[0]} (${i})`, test] as const);

/** A case with each value of each of its attributes. */
function attributesOf({ attributes = {}, values = {} }: FunctionCase) {
  const changed = Object.entries(values).flatMap(([name, each]) => each.map((value) => ({ [name]: value })));
  return [{}, ...changed].map((change) => ({ ...attributes, ...change }));
}

function readable(bytes: Uint8Array): Network | undefined {
  try {
    const network = readOnnx(bytes, 'net.onnx');
    factsOf(network);
    return network;
  } catch {
    return undefined;
  }
}

function runs(network: Network, images: FloatTensor, arithmetic: Arithmetic, tap: Tap): boolean {
  const seen: [string, Tensor][] = [];
  try {
    executeAll(network, new Map([['x', images]]), arithmetic, (...each) => seen.push(each));
  } catch {
    return false;
  }
  for (const each of seen) tap(...each);
  return true;
}

/** Exact products, how many multiplications of each layer there were, and formats of what was multiplied. */
function counting(): { arithmetic: Arithmetic; macs: Map<string, number>; formats: Map<string, string> } {
  const [macs, formats] = [new Map<string, number>(), new Map<string, string>()];
  const count = ({ layer, m, n, k, a, b }: MatmulJob) => {
    macs.set(layer, (macs.get(layer) ?? 0) + m * n * k);
    formats.set(layer, [a, b].map((each) => each?.fit.format.name ?? 'real').join(' by '));
  };
  const arithmetic: Arithmetic = {
    ...exactArithmetic,
    values: (a, b, job) => (count(job), exactArithmetic.values(a, b, job)),
    codes: (a, b, job) => (count(job), exactArithmetic.codes(a, b, job)),
  };
  return { arithmetic, macs, formats };
}

/** Products that read all of what their layer reads first. */
const WHOLE = ['conv', 'dense', 'Conv', 'ConvTranspose', 'ConvInteger', 'Gemm', 'MatMul'];

describe('what is known before a run', () => {
  it.each(named)('%s: facts of every tensor, and the multiplications of every layer', (_, test) => {
    const images = imagesOf(test);
    for (const attributes of attributesOf(test))
      for (const output of (test.gives ?? ['real']).keys()) {
        const network = readable(fileOf(test, attributes, output));
        if (network === undefined) continue;
        const batch = network.batch === 'free' ? images.shape[0] : undefined;
        const facts = factsOf(batch === undefined ? network : ofBatch(network, batch));
        const { arithmetic, macs, formats } = counting();
        // What is refused only when it runs is told in functions/standard.test.ts.
        if (
          !runs(network, images, arithmetic, (name, tensor) => expect(facts.get(name)).toEqual(factsOfTensor(tensor)))
        )
          continue;
        const known = lower(network, batch);
        // Of three factors one product comes after another, and none is known.
        if (known.length === 0 && test.node[1].split(' ').length >= 3) continue;
        expect(new Map(known.map(({ layer, m, n, k, groups }) => [layer, m * n * k * groups]))).toEqual(macs);
        for (const { layer, groups, inputs, aFormat, bFormat } of known) {
          if (macs.get(layer) === 0) continue;
          expect([aFormat, bFormat].map((each) => each?.name ?? 'real').join(' by ')).toBe(formats.get(layer));
          const own = network.layers.find(({ name }) => name === layer) as Layer;
          const first = sizeOf(facts.get(own.inputs[0])?.shape ?? []);
          if (WHOLE.includes(opNameOf(own))) expect(inputs * groups, opNameOf(own)).toBeCloseTo(first, 9);
        }
      }
  });
});

/** Three images of a case, each of its first axis's length. */
function threeOf({ shape, data }: FloatTensor): FloatTensor[] {
  return [0, 1, 2].map((image) =>
    floatTensor(
      shape,
      data.map((_, i) => data[(i + image * 7) % data.length] + image / 2),
    ),
  );
}

function joined(parts: readonly FloatTensor[]): FloatTensor {
  const [first] = parts;
  const shape = [parts.reduce((sum, part) => sum + part.shape[0], 0), ...first.shape.slice(1)];
  return floatTensor(shape, Float32Array.from(parts.flatMap(({ data }) => Array.from(data))));
}

/** Functions whose operands besides the first are computed too: places that are all 0, which lie in the image itself or the first. */
const COMPUTED: readonly FunctionCase[] = (
  [
    ['GatherND', 'x i', 'batch_dims', [0, 1]],
    ['GatherElements', 'x i', 'axis', [0, 1, -1, -3]],
    ['ScatterElements', 'x i more', 'axis', [0, 1, -1, -3]],
    ['Gather', 'x i', 'axis', [0]],
  ] as const
).map(
  ([name, inputs, attribute, values]): FunctionCase => ({
    ...{ node: [name, inputs], input: [3, 2, 2], initializers: [tensor('nought', 'FLOAT', [], [0])] },
    before: [op('Mul', 'x nought', 'noughts'), op('Cast', 'noughts', 'i', { to: 7 }), op('Exp', 'x', 'more')],
    values: { [attribute]: values },
  }),
);

/** Steps lie where the batch does elsewhere, and a state that saturates is what it would be without the one before. */
const RECURRENT = ['RNN', 'GRU', 'LSTM'];

/**
 * Where the file leaves the batch free, three images give what each of them gives alone; or three are refused, and then they
 * would give something else, unless nothing but zeros.
 */
describe('a free batch', () => {
  const computed = COMPUTED.map((test) => [`${test.node[0]} at computed places`, test] as const);
  it.each([...named, ...computed])('%s', (_, test) => {
    const one = { ...test, input: [1, ...test.input.slice(1)] };
    const free = { ...test, input: ['N', ...test.input.slice(1)] };
    const fixed = { ...test, input: [3, ...test.input.slice(1)] };
    if (test.input.length < 2) return;
    const images = threeOf(imagesOf(one));
    for (const attributes of attributesOf(test)) {
      const alone = images.map((image) => outcomeOf(fileOf(one, attributes, 0), image));
      const together = joined(images);
      const [ours, all] = [free, fixed].map((each) => outcomeOf(fileOf(each, attributes, 0), together));
      const whole = alone.some((each) => typeof each === 'string' || each.shape.length === 0);
      const wanted = whole ? undefined : joined(alone as FloatTensor[]);
      if (typeof ours !== 'string') expect(ours).toEqual(wanted);
      else if (typeof all !== 'string' && wanted?.shape[0] === 3 && !RECURRENT.includes(test.node[0]))
        expect(isSame(all, wanted) && all.data.some((value) => value !== 0), ours).toBe(false);
    }
  });
});

function isSame(a: FloatTensor, b: FloatTensor): boolean {
  return a.shape.join() === b.shape.join() && a.data.every((value, i) => Object.is(value, b.data[i]));
}
