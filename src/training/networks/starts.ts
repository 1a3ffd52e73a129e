import { randomFrom } from '../../random/random.js';
import type { BatchNormLayer, ConvLayer, DenseLayer, Layer } from '../../networks/network.js';
import { floatTensor, sizeOf } from '../../networks/tensor.js';

/** Layers as training finds them: weights drawn, biases zero, batch-norms that change nothing. */

/** He's deviation sqrt(2 / inputs) (He et al. 2015). */
function weights(shape: readonly number[], seed: number) {
  const random = randomFrom(seed, 0xda7a);
  const deviation = Math.sqrt(2 / sizeOf(shape.slice(1)));
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = random.normal() * deviation;
  return floatTensor(shape, data);
}

/** @param parts what is not a stride of 1 in one group without dilation */
export function conv(
  name: string,
  input: string,
  shape: readonly number[],
  pad: number,
  seed: number,
  parts: Partial<Pick<ConvLayer, 'stride' | 'groups'>> = {},
): ConvLayer {
  return {
    op: 'conv',
    name,
    inputs: [input],
    outputs: [name],
    weight: weights(shape, seed),
    bias: new Float32Array(shape[0]),
    result: { kind: 'float' },
    stride: [1, 1],
    pad: [pad, pad, pad, pad],
    dilation: [1, 1],
    groups: 1,
    ...parts,
  };
}

export function dense(name: string, input: string, shape: readonly [number, number], seed: number): DenseLayer {
  const bias = new Float32Array(shape[0]);
  return {
    op: 'dense',
    name,
    inputs: [input],
    outputs: [name],
    weight: weights(shape, seed),
    bias,
    result: { kind: 'float' },
  };
}

export function norm(name: string, input: string, channels: number): BatchNormLayer {
  return {
    op: 'batchNorm',
    name,
    inputs: [input],
    outputs: [name],
    scale: new Float32Array(channels).fill(1),
    shift: new Float32Array(channels),
  };
}

export const relu = (name: string, input: string): Layer => ({ op: 'relu', name, inputs: [input], outputs: [name] });
