import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../../../src/networks/arithmetic.js';
import { executeAll } from '../../../../src/networks/execute.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { dequantize } from '../../../../src/networks/quantization.js';
import { floatTensor, type Tensor } from '../../../../src/networks/tensor.js';
import {
  biasCases,
  functionCases,
  meanCases,
  pairCases,
  productCases,
  type QuantizedCase,
  softmaxCases,
} from './quantizedCases.js';
import { folder, making, nativeRows } from './nativeRows.js';
import { realOperandCases } from './realOperandCases.js';
import { repeatedCases } from './repeatedCases.js';
import { volumeCases } from './volumeCases.js';

/**
 * What onnxruntime-node 1.30.0 gives on x86-64 at its default optimisation. Rows are kept in golden/onnxruntime/native.json;
 * `npm i onnxruntime-node@1.30.0 --ignore-scripts` in a folder, and LASTBIT_ORT_NODE naming it, compares every pair of
 * codes with the runtime itself, and with LASTBIT_GOLDEN=make writes the rows again.
 */
interface Kept {
  of: string;
  /** Float32 results, deflated, in base64. */
  data: string;
}
const { kept, made } = nativeRows<Kept>('native.json', 'quantized.test.ts');

interface Runtime {
  Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => unknown;
  InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      run(feeds: Record<string, unknown>): Promise<Record<string, { data: Float32Array }>>;
      release(): Promise<void>;
    }>;
  };
}

async function runtimeOf({ bytes, inputs }: QuantizedCase): Promise<Float32Array> {
  const { InferenceSession, Tensor: OrtTensor } = createRequire(`${folder}/`)('onnxruntime-node') as Runtime;
  const options = { graphOptimizationLevel: 'all', intraOpNumThreads: 1, logSeverityLevel: 3 };
  const session = await InferenceSession.create(bytes, options);
  const feeds = inputs.map(({ name, shape, data }) => [name, new OrtTensor('float32', Float32Array.from(data), shape)]);
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Float32Array.from(Object.values(results)[0].data);
}

async function theirs(test: QuantizedCase): Promise<Float32Array> {
  const reals = test.inputs.map(({ data }) => new Uint8Array(Float32Array.from(data).buffer));
  const hash = createHash('sha256').update(test.bytes);
  for (const bytes of reals) hash.update(bytes);
  const of = hash.digest('hex').slice(0, 16);
  if (making) {
    const data = await runtimeOf(test);
    made[test.name] = { of, data: deflateRawSync(Buffer.from(data.buffer)).toString('base64') };
    return data;
  }
  expect(kept[test.name]?.of, `${test.name}: the row that is kept is of this model and input`).toBe(of);
  return new Float32Array(Uint8Array.from(inflateRawSync(Buffer.from(kept[test.name].data, 'base64'))).buffer);
}

function ours(
  { bytes, inputs }: QuantizedCase,
  rules?: 'ort-unfused' | 'onnx',
): { data: Float32Array; layers: string } {
  const network = readOnnx(bytes, 'net.onnx', rules && { rules });
  const tensors = inputs.map(({ name, shape, data }): [string, Tensor] => [
    name,
    floatTensor(shape, Float32Array.from(data)),
  ]);
  const outputs = executeAll(network, new Map(tensors), exactArithmetic);
  const layers = network.layers.map((layer) => {
    const name = layer.op === 'general' ? layer.function : layer.op;
    // A step's rule is told; that of single nodes is the file's.
    const single = layer.op === 'quantize' || layer.op === 'dequantize' || rules !== undefined;
    return layer.rule === undefined || single ? name : `${name}:${layer.rule}`;
  });
  return { data: dequantize(outputs.get('out') as Tensor).data, layers: layers.join(' ') };
}

const cases = [
  ...pairCases(2048),
  ...productCases(),
  ...functionCases(),
  ...softmaxCases(),
  ...meanCases(),
  ...biasCases(),
  ...realOperandCases(),
  ...repeatedCases(),
  ...volumeCases(),
];

describe('codes to codes as ONNX Runtime has them', () => {
  it.each(cases.map((test) => [test.name, test] as const))('%s', async (_, test) => {
    const mine = ours(test);
    expect(mine.layers).toBe(test.layers);
    expect(mine.data).toEqual(await theirs(test));
  });

  it.skipIf(folder === undefined).each(pairCases('all').map((test) => [test.name, test] as const))(
    '%s: all 65,536 pairs',
    async (_, test) => {
      expect(ours(test).data).toEqual(await runtimeOf(test));
    },
    60_000,
  );
});

describe('rules', () => {
  it('leave the steps of the standard where they are asked for', () => {
    const [add] = pairCases(64);
    for (const rules of ['onnx', 'ort-unfused'] as const) {
      const { data, layers } = ours(add, rules);
      expect(layers).toBe('quantize quantize dequantize dequantize add quantize dequantize');
      const steps = add.inputs[0].data.map((x, i) => {
        const sum = Math.fround(Math.fround(x) + Math.fround(add.inputs[1].data[i]));
        const scale = Math.fround(0.1);
        const code = Math.min(Math.max(evenly(Math.fround(sum / scale)) + 135, 0), 255);
        return Math.fround((code - 135) * scale);
      });
      expect([...data]).toEqual(steps);
    }
  });

  it('are named in one line', () => {
    const [add] = pairCases(64);
    expect(() => readOnnx(add.bytes, 'net.onnx', { rules: 'ort-fast' as 'ort' })).toThrow(
      'net.onnx: there are no rules ort-fast: there are ort ort-unfused onnx',
    );
  });
});

/** Half to even, by the remainder. */
function evenly(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}
