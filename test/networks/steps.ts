import { expect } from 'vitest';
import { formatNamed } from '../../src/formats/catalog.js';
import { fitTo } from '../../src/formats/codec.js';
import { executeAll } from '../../src/networks/execute.js';
import { FUNCTIONS } from '../../src/networks/functions/index.js';
import type { Arithmetic, GeneralLayer, Layer, Network } from '../../src/networks/network.js';
import { perTensor } from '../../src/networks/quantization.js';
import { floatTensor, type Quantization, sizeOf, type Tensor } from '../../src/networks/tensor.js';
import { randomFrom } from '../../src/random/random.js';

/** Small networks of steps over elements. */

export const random = randomFrom(70);
const LANDMARKS = [
  ...[0, -0, Number.NaN, Infinity, -Infinity, 2 ** -149, -(2 ** -149), 3.4e38, -3.4e38, 2 ** 31, -(2 ** 31)],
  // Ties of codes with a scale of 0.25, and their neighbours.
  ...[-3, -1, 1, 3, 253, 255, -255, -257].flatMap((odd) => [odd / 8, odd / 8 + 2 ** -16, odd / 8 - 2 ** -16]),
];
export const drawn = (length: number) =>
  Float32Array.from({ length }, (_, i) =>
    i % 3 === 0 ? LANDMARKS[Math.floor(i / 3) % LANDMARKS.length] : random.normal() * 9,
  );

export const quantized = (name: string, scale: number, zeroPoint = 0): Quantization =>
  perTensor(fitTo(formatNamed(name), { overflow: 'saturate' }), Math.fround(scale), zeroPoint);
export const INT8 = quantized('int8', 0.25, -3);
export const UINT8 = quantized('uint8', 0.125, 128);

export const step = (op: 'relu' | 'dequantize' | 'add' | 'sign', name: string, ...inputs: string[]): Layer => ({
  ...{ op, name, inputs, outputs: [name] },
});
export const quantizeStep = (name: string, input: string, quantization: Quantization): Layer => ({
  ...{ op: 'quantize', name, inputs: [input], outputs: [name], quantization },
});
export const called = (
  name: string,
  own: string,
  operands: GeneralLayer['operands'],
  ...inputs: string[]
): GeneralLayer => ({
  ...{ op: 'general', name, inputs, outputs: [name], function: own, operands, attributes: attributesOf(own) },
});

function attributesOf(name: string): GeneralLayer['attributes'] {
  const specs = Object.entries(FUNCTIONS[name].attributes ?? {});
  return Object.fromEntries(specs.map(([key, { absent }]) => [key, absent]));
}

export const SHAPES: readonly (readonly number[])[] = [
  [2, 3],
  [1, 3, 40, 41],
  [2, 4, 100, 100],
];

export function networkOf(layers: readonly Layer[], outputs: readonly string[], shape: readonly number[]): Network {
  const read = new Set(layers.flatMap(({ inputs }) => inputs));
  const inputs = ['x', 'y'].filter((name) => read.has(name)).map((name) => ({ name, shape }));
  return { name: 'n', inputs, outputs, batch: 'fixed', layers, metadata: {} };
}

export const bits = ({ data, kind, shape }: Tensor) => ({ kind, shape, bytes: Buffer.from(data.slice().buffer) });

export function expectSame(network: Network, inputs: ReadonlyMap<string, Tensor>, arithmetic: Arithmetic): void {
  const wanted = executeAll(network, inputs, arithmetic, () => {});
  // Tables come once enough elements have gone by.
  for (let i = 0; i < 3; i++) {
    const found = executeAll(network, inputs, arithmetic);
    expect([...found.keys()]).toEqual([...wanted.keys()]);
    for (const [name, tensor] of found) {
      const { data: _, ...facts } = tensor;
      const { data: _own, ...own } = wanted.get(name) as Tensor;
      expect(facts).toEqual(own);
      expect(bits(tensor)).toEqual(bits(wanted.get(name) as Tensor));
    }
  }
}

export const inputsOf = (shape: readonly number[]): ReadonlyMap<string, Tensor> =>
  new Map(['x', 'y'].map((name) => [name, floatTensor(shape, drawn(sizeOf(shape)))]));
