import { encodeModel, type ProtoInit } from '../../src/networks/readers/onnx/proto.js';
import type { AttributeValue } from '../../src/networks/readers/onnx/sheet.js';
import { floatTensor, sizeOf, type Tensor } from '../../src/networks/tensor.js';
import { randomFrom } from '../../src/random/random.js';
import { modelOf, op, tensor } from '../networks/readers/onnx/graphs.js';

/** Small float networks that nobody trained, as other tools write them: one for each way in which layers are put together. */

/** A graph while it is put together; nodes have names of their own, as those of exporters do. */
class Sketch {
  private readonly nodes: ProtoInit<'NodeProto'>[] = [];
  private readonly initializers: ProtoInit<'TensorProto'>[] = [];
  private readonly random;

  private readonly inputs: Readonly<Record<string, readonly number[]>>;

  constructor(inputs: Readonly<Record<string, readonly number[]>>, seed: number) {
    this.inputs = inputs;
    this.random = randomFrom(seed);
  }

  /** A node called `/y/Op` that writes y; gives y. */
  add(type: string, inputs: string, output: string, attributes: Record<string, AttributeValue> = {}): string {
    this.nodes.push({ ...op(type, inputs, output, attributes), name: `/${output}/${type}` });
    return output;
  }

  /** Normal numbers, of a deviation that keeps activations about as large as they were. */
  weights(name: string, shape: readonly number[], taps = sizeOf(shape.slice(1))): string {
    const values = Array.from({ length: sizeOf(shape) }, () => this.random.normal() * Math.sqrt(1.5 / taps));
    return this.store(name, 'FLOAT', shape, values);
  }

  bias(name: string, length: number): string {
    return this.store(
      name,
      'FLOAT',
      [length],
      Array.from({ length }, () => 0.1 * this.random.normal()),
    );
  }

  store(name: string, type: string, shape: readonly number[], values: readonly number[]): string {
    this.initializers.push(tensor(name, type, shape, values));
    return name;
  }

  conv(x: string, y: string, shape: readonly number[], attributes: Record<string, AttributeValue> = {}): string {
    return this.add('Conv', `${x} ${this.weights(`${y}.w`, shape)} ${this.bias(`${y}.b`, shape[0])}`, y, {
      pads: new Array<number>(4).fill(shape[2] === 3 ? 1 : 0),
      ...attributes,
    });
  }

  gemm(x: string, y: string, outputs: number, inputs: number): string {
    const operands = `${x} ${this.weights(`${y}.w`, [outputs, inputs])} ${this.bias(`${y}.b`, outputs)}`;
    return this.add('Gemm', operands, y, { transB: 1 });
  }

  /** Rows times a stored [inputs, outputs]. */
  matmul(x: string, y: string, inputs: number, outputs: number): string {
    return this.add('MatMul', `${x} ${this.weights(`${y}.w`, [inputs, outputs], inputs)}`, y);
  }

  /** Means of planes, and a classifier over them. */
  head(x: string, channels: number): string {
    this.add('GlobalAveragePool', x, 'mean');
    this.add('Flatten', 'mean', 'features');
    return this.gemm('features', 'logits', 10, channels);
  }

  bytes(...outputs: string[]): Uint8Array {
    const model = modelOf({ nodes: this.nodes, initializers: this.initializers, input: [], outputs });
    const input = Object.entries(this.inputs).map(([name, shape]) => ({
      name,
      type: {
        tensorType: {
          elemType: 1,
          shape: { dim: [{ dimParam: 'N' }, ...shape.map((length) => ({ dimValue: BigInt(length) }))] },
        },
      },
    }));
    return encodeModel({ ...model, graph: { ...model.graph, input } });
  }
}

function residual(): Uint8Array {
  const net = new Sketch({ x: [3, 8, 8] }, 11);
  net.add('Relu', net.conv('x', 'c1', [8, 3, 3, 3]), 'r1');
  net.add('Relu', net.conv('r1', 'c2', [8, 8, 3, 3]), 'r2');
  net.add('Add', `${net.conv('r2', 'c3', [8, 8, 3, 3])} r1`, 'a1');
  net.add('Relu', 'a1', 'r3');
  net.conv('r3', 'c4', [16, 8, 3, 3], { strides: [2, 2] });
  net.conv('r3', 'skip', [16, 8, 1, 1], { strides: [2, 2] });
  net.add('Add', 'c4 skip', 'a2');
  net.add('Relu', 'a2', 'r4');
  return net.bytes(net.head('r4', 16));
}

function depthwise(): Uint8Array {
  const net = new Sketch({ x: [3, 8, 8] }, 12);
  net.store('zero', 'FLOAT', [], [0]);
  net.store('six', 'FLOAT', [], [6]);
  net.add('Clip', `${net.conv('x', 'c1', [8, 3, 3, 3], { strides: [2, 2] })} zero six`, 'r1');
  net.add('Clip', `${net.conv('r1', 'd1', [8, 1, 3, 3], { group: 8 })} zero six`, 'r2');
  net.add('Relu', net.conv('r2', 'p1', [16, 8, 1, 1]), 'r3');
  net.add('Relu', net.conv('r3', 'd2', [16, 1, 3, 3], { group: 16, strides: [2, 2] }), 'r4');
  return net.bytes(net.head(net.conv('r4', 'p2', [24, 16, 1, 1]), 24));
}

function grouped(): Uint8Array {
  const net = new Sketch({ x: [4, 8, 8] }, 13);
  net.add('Relu', net.conv('x', 'c1', [8, 2, 3, 3], { group: 2 }), 'r1');
  net.add('MaxPool', 'r1', 'm1', { kernel_shape: [2, 2], strides: [2, 2] });
  net.add('Relu', net.conv('m1', 'c2', [16, 2, 3, 3], { group: 4 }), 'r2');
  net.add('Flatten', net.conv('r2', 'c3', [4, 16, 1, 1]), 'features');
  return net.bytes(net.gemm('features', 'logits', 10, 64));
}

function inception(): Uint8Array {
  const net = new Sketch({ x: [3, 8, 8] }, 14);
  net.add('Relu', net.conv('x', 'c1', [8, 3, 3, 3]), 'r1');
  net.conv('r1', 'b1', [4, 8, 1, 1]);
  net.add('Relu', net.conv('r1', 'b2', [6, 8, 3, 3]), 'r2');
  net.add('MaxPool', 'r1', 'b3', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  net.add('Concat', 'b1 r2 b3', 'all', { axis: 1 });
  net.add('Relu', 'all', 'r3');
  return net.bytes(net.head(net.conv('r3', 'c2', [12, 18, 3, 3], { strides: [2, 2] }), 12));
}

function gated(): Uint8Array {
  const net = new Sketch({ x: [3, 8, 8] }, 15);
  net.add('Relu', net.conv('x', 'c1', [8, 3, 3, 3]), 'r1');
  net.add('GlobalAveragePool', 'r1', 'squeezed');
  net.add('Relu', net.conv('squeezed', 'e1', [4, 8, 1, 1]), 'r2');
  net.add('Sigmoid', net.conv('r2', 'e2', [8, 4, 1, 1]), 'gate');
  net.add('Mul', 'r1 gate', 'scaled');
  return net.bytes(net.head(net.conv('scaled', 'c2', [16, 8, 3, 3]), 16));
}

function averaged(): Uint8Array {
  const net = new Sketch({ x: [3, 8, 8] }, 16);
  net.conv('x', 'c1', [8, 3, 3, 3]);
  net.add('AveragePool', 'c1', 'p1', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  net.add('Relu', net.conv('p1', 'c2', [8, 8, 3, 3]), 'r2');
  net.add('AveragePool', 'r2', 'p2', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 });
  net.add('Flatten', 'p2', 'features');
  return net.bytes(net.gemm('features', 'logits', 10, 128));
}

function decoder(): Uint8Array {
  const net = new Sketch({ x: [3, 8, 8] }, 17);
  net.store('twice', 'FLOAT', [4], [1, 1, 2, 2]);
  net.add('Relu', net.conv('x', 'c1', [8, 3, 3, 3], { strides: [2, 2] }), 'r1');
  net.add('Relu', net.conv('r1', 'c2', [12, 8, 3, 3], { strides: [2, 2] }), 'r2');
  const up = `r2 ${net.weights('up.w', [12, 6, 2, 2], 12)} ${net.bias('up.b', 6)}`;
  net.add('Relu', net.add('ConvTranspose', up, 'up', { strides: [2, 2] }), 'r3');
  net.add('Concat', 'r3 r1', 'both', { axis: 1 });
  net.add('Relu', net.conv('both', 'c3', [8, 14, 3, 3]), 'r4');
  net.add('Resize', 'r4 _ twice', 'large', { mode: 'nearest' });
  return net.bytes(net.conv('large', 'map', [2, 8, 3, 3]));
}

function attention(): Uint8Array {
  const net = new Sketch({ x: [6, 16] }, 18);
  for (const each of ['q', 'k', 'v'])
    net.add('Add', `${net.matmul('x', `${each}.product`, 16, 16)} ${net.bias(`${each}.b`, 16)}`, each);
  net.add('Transpose', 'k', 'turned', { perm: [0, 2, 1] });
  net.add('MatMul', 'q turned', 'scores');
  net.add('Mul', `scores ${net.store('quarter', 'FLOAT', [], [0.25])}`, 'scaled');
  net.add('Softmax', 'scaled', 'shares', { axis: -1 });
  net.add('MatMul', 'shares v', 'mixed');
  net.add('Add', `${net.matmul('mixed', 'out', 16, 16)} x`, 'skip');
  net.store('one', 'FLOAT', [16], new Array<number>(16).fill(1));
  net.add('LayerNormalization', `skip one ${net.bias('norm.b', 16)}`, 'norm');
  net.add('Gelu', net.matmul('norm', 'wide', 16, 32), 'gelu');
  net.add('Add', `${net.matmul('gelu', 'narrow', 32, 16)} norm`, 'sum');
  net.store('axes', 'INT64', [1], [1]);
  net.add('ReduceMean', 'sum axes', 'features', { keepdims: 0 });
  return net.bytes(net.gemm('features', 'logits', 10, 16));
}

function twofold(): Uint8Array {
  const net = new Sketch({ picture: [3, 8, 8], facts: [5] }, 19);
  net.add('Relu', net.conv('picture', 'c1', [8, 3, 3, 3]), 'r1');
  net.add('GlobalAveragePool', 'r1', 'mean');
  net.add('Flatten', 'mean', 'seen');
  net.add('Relu', net.gemm('facts', 'd1', 8, 5), 'known');
  net.add('Concat', 'seen known', 'both', { axis: 1 });
  net.add('Relu', net.gemm('both', 'd2', 16, 16), 'r2');
  net.gemm('r2', 'logits', 10, 16);
  net.add('Tanh', net.gemm('r2', 'd3', 2, 16), 'place');
  return net.bytes('logits', 'place');
}

/** ONNX files by what they show. */
export const ARCHITECTURES: Readonly<Record<string, Uint8Array>> = {
  ...{ residual: residual(), depthwise: depthwise(), grouped: grouped(), inception: inception(), gated: gated() },
  ...{ averaged: averaged(), decoder: decoder(), attention: attention(), twofold: twofold() },
};

/** Samples for whatever a network reads: normal numbers, one batch. */
export function samplesFor(
  inputs: readonly { name: string; shape: readonly number[] }[],
  count: number,
  seed: number,
): ReadonlyMap<string, Tensor> {
  const random = randomFrom(seed);
  return new Map(
    inputs.map(({ name, shape }) => {
      const whole = [count, ...shape.slice(1)];
      return [
        name,
        floatTensor(
          whole,
          Float32Array.from({ length: sizeOf(whole) }, () => random.normal()),
        ),
      ];
    }),
  );
}
