import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../../../src/networks/arithmetic.js';
import { executeAll } from '../../../../src/networks/execute.js';
import { factsOf } from '../../../../src/networks/facts.js';
import { lower } from '../../../../src/networks/lower.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../../../src/networks/readers/onnx/write.js';
import { floatTensor, lengthsText, type Tensor } from '../../../../src/networks/tensor.js';
import { op, tensor } from './graphs.js';
import { folder, making, nativeRows } from './nativeRows.js';
import { many, type TailCase, tailCases, tailModel } from './tailCases.js';

/**
 * What onnxruntime-node 1.30.0 gives on x86-64 at its default optimisation, every output with its shape. Rows are kept in
 * golden/onnxruntime/tails.json; with LASTBIT_ORT_NODE and LASTBIT_GOLDEN=make they are written again (quantized.test.ts).
 */
interface Output {
  dims: readonly number[];
  /** Float64 of its numbers, deflated, in base64. */
  data: string;
}
interface Kept {
  of: string;
  outputs: Record<string, Output>;
}
const { kept, made } = nativeRows<Kept>('tails.json', 'tails.test.ts');

async function runtimeOf({ bytes, shape }: TailCase, image: Float32Array): Promise<Record<string, Output>> {
  const { InferenceSession, Tensor: OrtTensor } = createRequire(`${folder}/`)('onnxruntime-node');
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const results = await session.run({ x: new OrtTensor('float32', image, shape) });
  await session.release();
  return Object.fromEntries(
    Object.entries(results as Record<string, { dims: number[]; data: ArrayLike<number | bigint> }>).map(
      ([name, { dims, data }]) => [name, outputOf(dims, Float64Array.from(data, Number))],
    ),
  );
}

async function theirs(test: TailCase, i: number): Promise<Record<string, Output>> {
  const image = test.images[i];
  const key = `${test.name}, image ${i}`;
  const of = createHash('sha256')
    .update(test.bytes)
    .update(new Uint8Array(image.slice().buffer))
    .digest('hex')
    .slice(0, 16);
  if (making) made[key] = { of, outputs: await runtimeOf(test, image) };
  const row = making ? made[key] : kept[key];
  expect(row?.of, `${key}: the row that is kept is of this model and input`).toBe(of);
  return row.outputs;
}

function outputOf(dims: readonly number[], numbers: Float64Array): Output {
  return { dims, data: deflateRawSync(Buffer.from(numbers.buffer)).toString('base64') };
}

const plain = (tensors: ReadonlyMap<string, Tensor>): Record<string, Output> =>
  Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, outputOf(shape, Float64Array.from(data))]));

const cases = tailCases().map((test) => [test.name, test] as const);

const isOpen = ({ shapes }: TailCase) => Object.values(shapes).some((text) => text.includes('?') || text === '1x4');

describe('shapes that the data of an image decide', () => {
  it.each(cases)('%s: as ONNX Runtime gives them', async (_, test) => {
    const network = readOnnx(test.bytes, 'net.onnx');
    const arithmetic = network.layers.some(({ op }) => op === 'quantize') ? exactArithmetic : float32Arithmetic;
    const sizes = new Set<string>();
    for (const [i, image] of test.images.entries()) {
      const x = new Map([['x', floatTensor(test.shape, image)]]);
      const ours = plain(executeAll(network, x, arithmetic));
      const wanted = await theirs(test, i);
      expect(ours, `image ${i}`).toEqual(wanted);
      // Tensors in between are made where somebody looks at them, and are the same.
      expect(plain(executeAll(network, x, arithmetic, () => undefined))).toEqual(ours);
      sizes.add(
        Object.values(ours)
          .map(({ dims }) => dims.join('x'))
          .join(),
      );
    }
    if (isOpen(test)) expect(sizes.size, 'images that differ').toBeGreaterThan(1);
  });

  it.each(cases)('%s: what is known before', (_, test) => {
    const network = readOnnx(test.bytes, 'net.onnx');
    const facts = factsOf(network);
    expect(network.batch).toBe('fixed');
    expect(
      Object.fromEntries(network.outputs.map((name) => [name, lengthsText(facts.get(name)?.shape ?? [])])),
    ).toEqual(test.shapes);
    expect(network.outputs.every((name) => facts.get(name)?.open !== undefined)).toBe(isOpen(test));
    expect(lower(network)).toHaveLength(test.products);
  });

  // Codes that are only moved are nothing that a file says.
  it.each(cases.filter(([name]) => !/codes|If/.test(name)))('%s: comes back from its own file', (_, test) => {
    const network = readOnnx(test.bytes, 'net.onnx', { rules: 'onnx' });
    const again = readOnnx(writeOnnx(network), 'net.onnx');
    for (const image of test.images) {
      const x = new Map([['x', floatTensor(test.shape, image)]]);
      expect(executeAll(again, x, exactArithmetic)).toEqual(executeAll(network, x, exactArithmetic));
    }
  });
});

describe('products behind such shapes', () => {
  const weights = [tensor('w', 'FLOAT', [4, 2], new Float32Array(8)), tensor('k', 'FLOAT', [1, 3, 1, 1], [1, 2, 3])];
  const refusalOf = (...nodes: Parameters<typeof tailModel>[0]['nodes']): string => {
    const bytes = tailModel({ nodes, initializers: weights, shape: [1, 3, 4, 4], outputs: { y: 'FLOAT' } });
    try {
      readOnnx(bytes, 'net.onnx');
      return 'none';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const places = many('NonZero', 'x', 'places');
  const real = op('Cast', 'places', 'reals', { to: 1 });
  const WANTED =
    'multiplies on the array what is as long as the data of places_node (NonZero) say: shapes that are known before a run are supported there';

  it.each([
    ['MatMul', [op('MatMul', 'reals w', 'y')]],
    ['Gemm', [op('Gemm', 'reals w', 'y')]],
    ['Conv', [op('Conv', 'reals k', 'y')]],
    ['Einsum', [op('Einsum', 'reals', 'y', { equation: 'ij->ji' })]],
    ['LSTM', [op('LSTM', 'reals w w', 'y', { hidden_size: 1 })]],
    ['MatMulInteger', [op('MatMulInteger', 'places places', 'y')]],
    ['QLinearConv', [op('QLinearConv', 'reals k k k k k k k', 'y')]],
  ] as const)('%s is refused in a line that names whose data they are', (type, nodes) => {
    expect(refusalOf(places, real, ...nodes)).toBe(`net.onnx: node y (${type}): ${WANTED}`);
  });

  it('are refused a few nodes further on too', () => {
    const between = [op('Mul', 'reals reals', 'squares'), op('Transpose', 'squares', 'turned')];
    expect(refusalOf(places, real, ...between, op('MatMul', 'turned w', 'y'))).toBe(
      `net.onnx: node y (MatMul): ${WANTED}`,
    );
  });

  it('run where they read nothing of it', () => {
    const nodes = [places, real, op('Conv', 'x k', 'y')];
    expect(refusalOf(...nodes)).toBe('none');
  });
});
