// ResNets of the paper (He, Zhang, Ren, Sun, CVPR 2016, table 1; stride in the 3 x 3 convolution, as torchvision has it) with random
// weights, as ONNX bytes: quantized in QDQ form, int8 with a scale for each filter, or the same network in float32.
import { writeConstant } from '../../dist/networks/readers/onnx/constant.js';
import { elementType, irVersionOf } from '../../dist/networks/readers/onnx/element.js';
import { encodeModel } from '../../dist/networks/readers/onnx/proto.js';
import { node } from '../../dist/networks/readers/onnx/sheet.js';
import { sizeOf } from '../../dist/networks/tensor.js';
import { randomFrom } from '../../dist/random/random.js';

const OPSET = 17;
const TYPES = { FLOAT: Float32Array, INT8: Int8Array, INT32: Int32Array };

/** Blocks in each stage, and whether a block is a bottleneck of three convolutions. */
const DEPTHS = { 18: { stages: [2, 2, 2, 2] }, 50: { stages: [3, 4, 6, 3], bottleneck: true } };

/** What a code of an activation stands for: a real number around 0, or one that a ReLU has cut. */
const SIGNED = { scale: Math.fround(0.025), zero: 0 };
const POSITIVE = { scale: Math.fround(0.0125), zero: -128 };

/** Nodes and stored tensors of a network; quantized, every tensor but the weights is int8 with one scale. */
class Graph {
  nodes = [];
  initializers = [];
  random = randomFrom(50);

  constructor(quantized) {
    this.quantized = quantized;
  }

  store(name, type, shape, values) {
    const data = TYPES[type].from(values);
    const codes = type === 'INT8' ? new Uint8Array(data.buffer) : type === 'INT32' ? new Uint32Array(data.buffer) : data;
    this.initializers.push(writeConstant({ name, type: elementType(type), shape, data: codes }));
    return name;
  }

  emit(op, inputs, output, attributes) {
    this.nodes.push(node(op, inputs, output, attributes));
    return output;
  }

  /** Codes of x, and the real numbers that they stand for. */
  quantize(x, { scale, zero }) {
    if (!this.quantized) return x;
    const meaning = [this.store(`${x}/scale`, 'FLOAT', [], [scale]), this.store(`${x}/zero`, 'INT8', [], [zero])];
    const codes = this.emit('QuantizeLinear', [x, ...meaning], `${x}/codes`);
    return this.emit('DequantizeLinear', [codes, ...meaning], `${x}/real`);
  }

  /** Weights and biases that keep the deviation of what they multiply, a filter's scale drawn around that. */
  parameters(name, shape, input) {
    const [filters, ...rest] = shape;
    const deviation = Math.sqrt(2 / sizeOf(rest)) / 74;
    const scales = Float32Array.from({ length: filters }, () => deviation * this.random.between(0.8, 1.2));
    const codes = Int8Array.from({ length: sizeOf(shape) }, () => this.random.below(255) - 127);
    const biases = Int32Array.from(scales, (scale) => (0.2 * this.random.normal()) / (scale * input.scale));
    if (!this.quantized) {
      const each = sizeOf(rest);
      const weight = this.store(`${name}/weight`, 'FLOAT', shape, Float32Array.from(codes, (code, i) => code * scales[Math.floor(i / each)]));
      return [weight, this.store(`${name}/bias`, 'FLOAT', [filters], biases.map((bias, f) => bias * scales[f] * input.scale))];
    }
    const real = (part, type, length, values, own) => {
      const stored = this.store(`${name}/${part}`, type, length, values);
      const scale = this.store(`${stored}/scale`, 'FLOAT', [filters], own);
      const zero = this.store(`${stored}/zero`, type, [filters], new Int32Array(filters));
      return this.emit('DequantizeLinear', [stored, scale, zero], `${stored}/real`, { axis: 0 });
    };
    return [
      real('weight', 'INT8', shape, codes, scales),
      real('bias', 'INT32', [filters], biases, scales.map((scale) => Math.fround(scale * input.scale))),
    ];
  }

  /** @param x name, number of channels and meaning of what it reads */
  conv(name, x, filters, kernel, stride = 1, relu = true) {
    const parameters = this.parameters(name, [filters, x.channels, kernel, kernel], x.meaning);
    const side = (kernel - 1) / 2;
    const window = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [side, side, side, side] };
    const sums = this.emit('Conv', [x.name, ...parameters], name, window);
    const meaning = relu ? POSITIVE : SIGNED;
    const output = relu ? this.emit('Relu', [sums], `${name}/relu`) : sums;
    return { name: this.quantize(output, meaning), channels: filters, meaning };
  }

  block(name, x, width, stride, bottleneck) {
    const filters = bottleneck ? 4 * width : width;
    const first = bottleneck ? this.conv(`${name}/conv0`, x, width, 1) : x;
    const middle = this.conv(`${name}/conv1`, first, width, 3, stride);
    const last = this.conv(`${name}/conv2`, middle, filters, bottleneck ? 1 : 3, 1, false);
    const same = stride === 1 && x.channels === filters;
    const shortcut = same ? x : this.conv(`${name}/shortcut`, x, filters, 1, stride, false);
    const sum = this.emit('Add', [last.name, shortcut.name], `${name}/sum`);
    return { name: this.quantize(this.emit('Relu', [sum], `${name}/relu`), POSITIVE), channels: filters, meaning: POSITIVE };
  }
}

/**
 * @param {18 | 50} depth
 * @param {number} size of the images, which are [N, 3, size, size]
 * @param {{ quantized?: boolean, classes?: number, width?: number }} options width: channels of the first stage
 * @returns {Uint8Array} an ONNX file
 */
export function resnet(depth, size, { quantized = true, classes = 1000, width = 64 } = {}) {
  const { stages, bottleneck = false } = DEPTHS[depth];
  const graph = new Graph(quantized);
  const image = { name: graph.quantize('x', SIGNED), channels: 3, meaning: SIGNED };
  let x = graph.conv('conv', image, width, 7, 2);
  const window = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
  x = { ...x, name: graph.quantize(graph.emit('MaxPool', [x.name], 'pool', window), x.meaning) };
  stages.forEach((blocks, stage) => {
    for (let block = 0; block < blocks; block++)
      x = graph.block(`stage${stage}/block${block}`, x, width << stage, stage > 0 && block === 0 ? 2 : 1, bottleneck);
  });
  const mean = graph.quantize(graph.emit('GlobalAveragePool', [x.name], 'mean'), POSITIVE);
  const features = graph.emit('Flatten', [mean], 'features');
  const parameters = graph.parameters('classes', [classes, x.channels], POSITIVE);
  const y = graph.quantize(graph.emit('Gemm', [features, ...parameters], 'y', { transB: 1 }), { scale: 0.05, zero: 0 });
  const port = (name, shape) => {
    const dim = [{ dimParam: 'N' }, ...shape.map((length) => ({ dimValue: BigInt(length) }))];
    return { name, type: { tensorType: { elemType: elementType('FLOAT').number, shape: { dim } } } };
  };
  const { nodes, initializers } = graph;
  const ports = { input: [port('x', [3, size, size])], output: [port(y, [classes])] };
  return encodeModel({
    irVersion: BigInt(irVersionOf(OPSET)),
    opsetImport: [{ domain: '', version: BigInt(OPSET) }],
    graph: { name: `resnet${depth}`, node: nodes, initializer: initializers, ...ports },
  });
}

/** Images of near-normal numbers as a NumPy file of float32 [count, 3, size, size]. */
export function imageFile(count, size) {
  const random = randomFrom(51);
  const data = Float32Array.from({ length: count * 3 * size * size }, () => random.normal());
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count}, 3, ${size}, ${size}), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(padded.length & 255, padded.length >> 8)}${padded}`, 'latin1');
  return Buffer.concat([start, new Uint8Array(data.buffer)]);
}
