import { afterAll, describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../../../src/networks/arithmetic.js';
import { execute } from '../../../../src/networks/execute.js';
import type { Layer, Network } from '../../../../src/networks/network.js';
import { writeOnnx } from '../../../../src/networks/readers/onnx/write.js';
import { dequantize } from '../../../../src/networks/quantization.js';
import { floatTensor, sizeOf, type Tensor } from '../../../../src/networks/tensor.js';
import { Rows } from './rows.js';
import { runOnnx, withoutRuntime } from './runtime.js';
import { floats, integers, mixed, random, reals } from './samples.js';

const rows = new Rows('samples');
afterAll(() => rows.keep());

interface Outcome {
  layer: Layer;
  theirs: number[];
  ours: number[];
}

/**
 * Every layer's output from ONNX Runtime and from our executor, the sums of codes exact: a wrong rounding inside often
 * heals at the end. Codes of 8-bit integers are compared as they are, others as the real numbers that they stand for.
 */
async function bothRuns(network: Network): Promise<Outcome[]> {
  const shape = [2, ...network.inputs[0].shape.slice(1)];
  const images = floatTensor(shape, reals(random(7), sizeOf(shape), 1.5));
  const ours = new Map<string, Tensor>();
  execute(network, images, network === floats ? float32Arithmetic : exactArithmetic, (layer, output) => {
    ours.set(layer, output);
  });
  const outcomes: Outcome[] = [];
  for (const [i, layer] of network.layers.entries()) {
    const mine = ours.get(layer.name);
    if (mine === undefined) throw new Error(`layer ${layer.name} was not run`);
    const byte = mine.kind === 'codes' && /^u?int8$/.test(mine.quantization.fit.format.name);
    const layers = network.layers.slice(0, i + 1);
    if (mine.kind === 'codes' && !byte)
      layers.push({ op: 'dequantize', name: 'reals', inputs: [layer.name], outputs: ['reals'] });
    const model = writeOnnx({ ...network, layers, outputs: [layers[layers.length - 1].name] });
    const theirs = await rows.of(`${network.name}: ${layer.name}`, model, images.data, shape);
    if (theirs === undefined) throw new Error(`ONNX Runtime has no kernel for ${layer.name}`);
    expect(theirs.dims).toEqual(mine.shape);
    const codes =
      mine.kind === 'codes' && mine.quantization.fit.format.name === 'int8' ? Int8Array.from(mine.data) : mine.data;
    // + 0: QONNX's functions make zeros of either sign, integers have one.
    const numbers = (data: ArrayLike<number>) => Array.from(data, (value) => value + 0);
    outcomes.push({ layer, theirs: numbers(theirs.data), ours: numbers(byte ? codes : dequantize(mine).data) });
  }
  return outcomes;
}

/** Sums in float32, in whatever order: a relative error of 2^-24 for each of a few dozen terms, most of which cancel. */
const TOLERANCE = 1e-6;

function expectClose({ layer, theirs, ours }: Outcome, tolerance = TOLERANCE): void {
  const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i])), 0);
  expect(worst, layer.name).toBeLessThanOrEqual(tolerance * largest);
}

function named(start: string): Network {
  const network = mixed.find(({ name }) => name.startsWith(start));
  if (network === undefined) throw new Error(`no sample begins with ${start}`);
  return network;
}

describe('ONNX Runtime runs what we write', () => {
  it.each(integers.map((network) => [network.name, network] as const))('%s: equal bit for bit', async (_, network) => {
    for (const { layer, theirs, ours } of await bothRuns(network)) expect(theirs, layer.name).toEqual(ours);
  });

  it('float: equal within float32 sums', async () => {
    for (const outcome of await bothRuns(floats)) expectClose(outcome);
  });

  it.each(mixed.filter(({ name }) => !/^(e2m1fn|int16)/.test(name)).map((network) => [network.name, network] as const))(
    '%s: equal codes, reals within float32 sums',
    async (_, network) => {
      for (const outcome of await bothRuns(network)) {
        if (outcome.layer.op === 'conv' || outcome.layer.op === 'dense') expectClose(outcome);
        else expect(outcome.theirs, outcome.layer.name).toEqual(outcome.ours);
      }
    },
  );

  it('int16: codes so fine that a float32 sum can lead to the next one', async () => {
    for (const outcome of await bothRuns(named('int16'))) expectClose(outcome, 2 ** -14);
  });

  it.skipIf(withoutRuntime)('has no kernel for FLOAT4E2M1, which the standard has', async () => {
    const [input] = named('e2m1fn').inputs;
    const run = runOnnx(writeOnnx(named('e2m1fn')), new Float32Array(sizeOf(input.shape)), [...input.shape]);
    await expect(run).rejects.toThrow(/implementation for QuantizeLinear\(23\)/);
  });
});
