import { convolved, convolvedCodes, type Convolution } from '../products/convolved.js';
import { dequantize } from '../quantization.js';
import { type CodeTensor, sizeOf, type Tensor } from '../tensor.js';
import { type Attributes, int, ints } from './attributes.js';
import type { Around, TensorFunction } from './function.js';
import { realOrCodes } from './matmul.js';
import { lengthsOf, placesUnder, SLIDING, type WindowGrid, windowsOver } from './sliding.js';

/** Convolutions over any number of axes, with stored or computed weights. */

type Shape = readonly number[];
/** The convolution that a node is, of an input and weights of these shapes. */
type Find = (x: Shape, w: Shape, attributes: Attributes) => Found;

interface Found {
  windows: WindowGrid;
  groups: number;
  filters: number;
  /** Whether weights are [channels, filters / groups, ...], turned around. */
  turned: boolean;
}

/** The number of groups. @throws Error where input, weights and attributes do not belong together */
function checked(x: Shape, w: Shape, attributes: Attributes, channels: number, filters: number): number {
  const groups = attributes.group as number;
  if (x.length < 3 || w.length !== x.length)
    throw new Error(
      `has weights of ${w.join('x')} over ${x.join('x') || 'a scalar'}: as many axes, 3 or more, are wanted`,
    );
  if (!(groups >= 1) || x[1] !== channels || filters % groups !== 0 || x[1] % groups !== 0)
    throw new Error(`has weights of ${w.join('x')} in ${groups} groups over ${x[1]} channels: they do not divide`);
  const kernel = attributes.kernel_shape as Shape | undefined;
  if (kernel !== undefined && kernel.join() !== w.slice(2).join())
    throw new Error(`has kernel_shape = ${kernel.join(' ')} and weights of ${w.join('x')}`);
  return groups;
}

const plain: Find = (x, w, attributes) => {
  const groups = checked(x, w, attributes, w[1] * (attributes.group as number), w[0]);
  return { windows: windowsOver(x.slice(2), w.slice(2), attributes), groups, filters: w[0], turned: false };
};

/** Over the input with zeros between its elements, weights turned around: the adjoint of a convolution. */
const transposed: Find = (x, w, attributes) => {
  const filters = w[1] * (attributes.group as number);
  const groups = checked(x, w, attributes, w[0], filters);
  const [lengths, kernel] = [x.slice(2), w.slice(2)];
  const axes = lengths.length;
  const stride = lengthsOf(attributes, 'strides', axes, 1);
  const dilation = lengthsOf(attributes, 'dilations', axes, 1);
  const more = lengthsOf(attributes, 'output_padding', axes, 0, 0);
  const full = lengths.map((n, i) => stride[i] * (n - 1) + more[i] + dilation[i] * (kernel[i] - 1) + 1);
  const [begin, output] = cutOf(attributes, lengths, stride, full);
  const before = begin.map((pad, i) => dilation[i] * (kernel[i] - 1) - pad);
  const ones = lengths.map(() => 1);
  const windows = { lengths, output, kernel, stride: ones, dilation, before, after: before, spread: stride };
  return { windows, groups, filters, turned: true };
};

/** What is cut at the beginning of a full transposed convolution, and what is left. */
function cutOf(attributes: Attributes, lengths: Shape, stride: Shape, full: Shape): [Shape, Shape] {
  const axes = lengths.length;
  const auto = attributes.auto_pad as string;
  const same = auto.startsWith('SAME');
  const given = attributes.output_shape as Shape | undefined;
  const asked = given?.slice(-axes) ?? (same ? lengths.map((length, i) => length * stride[i]) : undefined);
  if (asked !== undefined) {
    if (asked.length !== axes || asked.some((length) => !(length >= 1)))
      throw new Error(`has output_shape = ${asked.join(' ')}: ${axes} lengths of 1 and more are wanted`);
    const totals = full.map((length, i) => Math.max(0, length - asked[i]));
    return [totals.map((total) => (auto === 'SAME_UPPER' ? Math.floor : Math.ceil)(total / 2)), asked];
  }
  const pads = auto === 'VALID' ? new Array<number>(2 * axes).fill(0) : lengthsOf(attributes, 'pads', 2 * axes, 0, 0);
  const output = full.map((length, i) => length - pads[i] - pads[axes + i]);
  if (output.some((length) => length < 1))
    throw new Error(`has pads = ${pads.join(' ')}, which cut all of ${full.join('x')}`);
  return [pads.slice(0, axes), output];
}

function shapeOf(operand: { shape: Shape } | undefined, what: string): Shape {
  if (operand === undefined) throw new Error(`lacks its ${what}`);
  return operand.shape;
}

function outputOf(x: Shape, { windows, filters }: Found): Shape {
  return [x[0], filters, ...windows.output];
}

function convolutionOf(find: Find, x: Shape, w: Shape, attributes: Attributes): Convolution {
  const found = find(x, w, attributes);
  const { windows, groups, filters, turned } = found;
  return {
    shape: outputOf(x, found),
    groups,
    filters,
    channels: x[1],
    taps: sizeOf(windows.kernel),
    size: sizeOf(windows.lengths),
    places: placesUnder(windows),
    turned,
  };
}

/** The convolution of an input by weights [filters, channels / groups, lengths]. @throws Error where they do not belong together */
export function plainConvolution(x: Shape, w: Shape, attributes: Attributes): Convolution {
  return convolutionOf(plain, x, w, attributes);
}

function biasOf(bias: Tensor | undefined, filters: number): Float32Array | undefined {
  if (bias === undefined) return undefined;
  const { data } = dequantize(bias);
  if (data.length === filters) return data;
  throw new Error(`has ${data.length} biases for ${filters} output channels`);
}

function convolution(find: Find): TensorFunction {
  const shapes = (inputs: readonly ({ shape: Shape } | undefined)[]) =>
    [shapeOf(inputs[0], 'input'), shapeOf(inputs[1], 'weights')] as const;
  return {
    operands: 3,
    attributes: {
      ...SLIDING,
      group: int(1),
      ...(find === transposed && { output_padding: ints(), output_shape: ints() }),
    },
    factors: [0, 1],
    facts(inputs, attributes) {
      const [x, w] = shapes(inputs);
      return [{ shape: outputOf(x, find(x, w, attributes)) }];
    },
    products(inputs, attributes) {
      const [x, w] = shapes(inputs);
      const { windows, groups, filters } = find(x, w, attributes);
      const [n, k] = [filters / groups, (x[1] / groups) * sizeOf(windows.kernel)];
      const [a, b] = inputs.map((each) => each?.quantization);
      const codes =
        a?.scale.length === 1 && b !== undefined && (b.scale.length === 1 || b.axis === (find === transposed ? 1 : 0));
      const formats = codes ? { aFormat: a.fit.format, bFormat: b.fit.format } : {};
      return { m: x[0] * sizeOf(windows.output), n, k, groups, inputs: sizeOf(x) / groups, ...formats };
    },
    run([x, w, bias], attributes, { layer, arithmetic }: Around) {
      const each = convolutionOf(find, ...shapes([x, w]), attributes);
      return [convolved(each, realOrCodes(x), realOrCodes(w), biasOf(bias, each.filters), layer, arithmetic)];
    },
    fused([x, w, bias], attributes, output, { layer, arithmetic }) {
      const each = convolutionOf(find, ...shapes([x, w]), attributes);
      if (bias !== undefined && (bias.kind !== 'integers' || bias.data.length !== each.filters))
        throw new Error(
          `has ${bias.data.length} biases of ${bias.kind} for ${each.filters} output channels: integers are wanted`,
        );
      return convolvedCodes(each, x as CodeTensor, w as CodeTensor, bias?.data, output, layer, arithmetic);
    },
  };
}

export const CONVOLUTIONS: Readonly<Record<string, TensorFunction>> = {
  Conv: convolution(plain),
  ConvTranspose: convolution(transposed),
};
