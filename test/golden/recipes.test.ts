import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Quantization } from '../../src/networks/tensor.js';
import { floatTensor } from '../../src/networks/tensor.js';
import type { Quantized } from '../../src/quantize/contract/fake.js';
import { quantizationOf, type Scheme } from '../../src/quantize/contract/scheme.js';
import { drawsFrom } from '../../src/random/draws.js';
import { randomFrom } from '../../src/random/random.js';
import { METHODS } from '../../src/recipes/catalog.js';
import type { Method } from '../../src/recipes/method.js';
import type { OperandQuantizers } from '../../src/training/model/mac.js';

/**
 * What each method makes of the same tensors in the first, a middle and the last layer, as recipes.txt has it: formats,
 * scales, zero points, and digests of the values. The arithmetic has its oracles in test/quantize; this holds which of it a
 * method takes, and with which numbers. LASTBIT_WRITE=1 writes the file anew where a method was added or changed.
 */
const FILE = join(import.meta.dirname, 'recipes.txt');

const random = randomFrom(77);
const tensor = (shape: readonly number[], draw: () => number) =>
  floatTensor(shape, Float32Array.from({ length: shape.reduce((a, b) => a * b) }, draw));
const weights = tensor([6, 40], () => random.normal() / 4);
const activations = tensor([4, 1, 10, 10], () => Math.max(0, random.normal()));
const gradients = tensor([4, 6], () => random.normal() * 2 ** -6);

function digestOf(...parts: readonly (ArrayBufferView | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(typeof part === 'string' ? part : bytesOf(part));
  return hash.digest('hex').slice(0, 8);
}
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

function gridOf({ fit, scale, zeroPoint }: Quantization): string {
  const { format, rounding, overflow } = fit;
  const rest = digestOf(scale, JSON.stringify([zeroPoint, rounding, overflow]));
  return `${format.name}:${scale[0].toPrecision(4)}:${rest}`;
}

const schemed = (scheme: Scheme, x: typeof weights) => `${scheme.per} ${gridOf(quantizationOf(x, scheme))}`;

const quantized = ({ values, quantization }: Quantized) =>
  `${quantization === undefined ? 'real' : gridOf(quantization)}:${digestOf(values.data)}`;

/** What comes of the operands, and of gradients of one that go back through them. */
function trained({ input, weight, gradient, outputScale, weightGradient, weightLimit }: OperandQuantizers): string {
  const through = (quantizer: typeof input, x: typeof weights) => {
    if (quantizer === undefined) return 'real';
    const forward = quantized(quantizer.forward(x));
    const back = new Float32Array(x.data.length).fill(1);
    quantizer.backward(x, back);
    const own = (quantizer.parameters ?? []).map((p) => `${p.name}=${p.value.join()}/${p.gradient.join()}/${p.decays}`);
    return `${forward}:${digestOf(back, own.join())}`;
  };
  const rounded = gradient?.forward(gradients);
  const passes = rounded && [rounded.inputGradient, rounded.weightGradient, ...(rounded.samples ?? [])].map(quantized);
  const written = gradients.data.slice();
  weightGradient?.(written);
  return [
    `input ${through(input, activations)}`,
    `weight ${through(weight, weights)}`,
    `gradient ${passes === undefined ? 'real' : passes.join(',')}`,
    ...(outputScale === undefined ? [] : ['scaled']),
    ...(weightGradient === undefined ? [] : [`written ${digestOf(written)}`]),
    ...(weightLimit === undefined ? [] : [`within ${weightLimit}`]),
  ].join(' ');
}

function lineOf(method: Method): string {
  const places = [0, 1, 2].map((index) => {
    const place = { name: 'l', index, count: 3 };
    if (method.kind === 'training') {
      const draws = drawsFrom(1);
      draws.begin(0, index / 2);
      return trained(method.quantizers(place, draws));
    }
    const { input, weight, weightLimit } = method.operands(place);
    return `input ${schemed(input, activations)} weight ${schemed(weight, weights)} within ${weightLimit ?? 'all'}`;
  });
  const { name, bits, family } = method;
  const functions = Object.entries(method).filter(([, value]) => typeof value === 'function');
  const plain = {
    bits,
    family,
    ...Object.fromEntries(
      Object.entries(method).filter(([key]) =>
        ['rate', 'scaling', 'style', 'target', 'result', 'distillation'].includes(key),
      ),
    ),
  };
  const head = `${JSON.stringify(plain)} ${functions.map(([key]) => key).join()}`;
  // A layer that is as the one before is not said again.
  return [name, head, ...places.map((place, i) => (place === places[i - 1] ? 'the same' : place))].join(' | ');
}

const lines = METHODS.map(lineOf);
if (process.env.LASTBIT_WRITE === '1') writeFileSync(FILE, `${lines.join('\n')}\n`);
const known = readFileSync(FILE, 'utf8').trimEnd().split('\n');

it.each(METHODS.map(({ name }, i) => [name, i] as const))(
  '%s takes the formats, scales and rules that it took',
  (_name, i) => {
    expect(lines[i]).toBe(known[i]);
  },
);

it('no other method is in the file', () => {
  expect(known.map((line) => line.split(' | ')[0])).toEqual(METHODS.map(({ name }) => name));
});
