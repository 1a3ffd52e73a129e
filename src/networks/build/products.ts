import type { ConvLayer, MacResult } from '../network.js';
import { asPlanes } from '../products/convolution.js';
import { codeTensor, dequantize, zeroCode } from '../quantization.js';
import { oneZeroPoint, type Operand } from '../tensor.js';
import { type Activation, type Builder, called, perImage, push, realOf } from './builder.js';

/** What a product multiplies and adds, whatever operator of a file it comes from. */
export interface ProductOperands {
  x: Activation;
  input: string;
  weight: Operand;
  bias?: Float32Array | Int32Array;
  result: MacResult;
}

/** Strides, padding and dilations. */
export type SlidingWindow = Pick<ConvLayer, 'stride' | 'pad' | 'dilation'>;

/** Over codes with code weights the product is of codes; else of real numbers, or of blocks that the array makes of them. */
export function operandsOf(builder: Builder, x: Activation, weight: Operand, bias?: Float32Array): ProductOperands {
  if ((x.as === 'dequantized' || x.as === 'carried') && weight.kind === 'codes')
    return { x, input: x.name, weight, bias, result: { kind: 'dequantize' } };
  const real: Operand = weight.kind === 'float' ? weight : dequantize(weight);
  const result: MacResult = x.blocks === undefined ? { kind: 'float' } : { kind: 'blocks', ...x.blocks };
  return { x, input: realOf(builder, x), weight: real, bias, result };
}

export function pushDense(
  builder: Builder,
  name: string,
  { x, input, weight, bias, result }: ProductOperands,
  column = false,
): Activation {
  checkScales(weight);
  const [outputs, features] = weight.shape;
  if (weight.shape.length !== 2) throw new Error(`has weights of shape ${weight.shape.join('x')}: a matrix is needed`);
  if (x.shape.length !== 2 || x.shape[1] !== features)
    throw new Error(
      `multiplies shape ${perImage(x).join('x')} with weights for ${features} features: Flatten may be missing`,
    );
  checkBias(bias, outputs);
  return push(builder, { op: 'dense', ...called(name), inputs: [input], weight, bias, result }, [x], { column });
}

/**
 * A convolution, or over features x 1 x 1 the dense layer that it is.
 * @param windowOver what the file says of the window, for an input of this shape
 */
export function pushConv(
  builder: Builder,
  name: string,
  operands: ProductOperands,
  groups: number,
  windowOver: (shape: readonly number[], kernel: readonly number[]) => SlidingWindow,
): Activation {
  const { x, input, weight, bias, result } = operands;
  const [filters, channels, ...kernel] = weight.shape;
  if (x.column) {
    if (groups !== 1 || kernel.some((length) => length !== 1))
      throw new Error(
        `convolves features x 1 x 1 with kernel ${kernel.join('x')}, groups ${groups}: only 1x1 is supported`,
      );
    return pushPointwise(builder, name, operands, windowOver([channels, 1, 1], kernel));
  }
  checkScales(weight);
  const window = paddedWindow(x, kernel, windowOver);
  if (x.shape[1] !== channels * groups)
    throw new Error(`has weights for ${channels} x ${groups} groups of channels, but its input has ${x.shape[1]}`);
  if (filters % groups !== 0) throw new Error(`has group = ${groups}, which does not divide the ${filters} filters`);
  checkBias(bias, filters);
  const layer: ConvLayer = { op: 'conv', ...called(name), inputs: [input], weight, bias, result, ...window, groups };
  return push(builder, layer, [x]);
}

function pushPointwise(
  builder: Builder,
  name: string,
  operands: ProductOperands,
  { stride, pad }: SlidingWindow,
): Activation {
  const { x, weight } = operands;
  const [filters, channels] = weight.shape;
  if (pad.some((length) => length > 0) || x.pad !== undefined)
    throw new Error(`convolves features x 1 x 1 with strides ${stride.join(' ')} and padding: no padding is supported`);
  return pushDense(builder, name, { ...operands, weight: { ...weight, shape: [filters, channels] } }, true);
}

/** The window of a convolution and the padding before it, as one. */
function paddedWindow(
  x: Activation,
  kernel: readonly number[],
  windowOver: (shape: readonly number[], kernel: readonly number[]) => SlidingWindow,
): SlidingWindow {
  if (x.shape.length !== 4 && x.shape.length !== 3) return windowOver(perImage(x), kernel);
  const [channels, height, width] = asPlanes(x.shape).slice(1);
  const [top, left, bottom, right] = x.pad ?? [0, 0, 0, 0];
  const window = windowOver([channels, height + top + bottom, width + left + right], kernel);
  const { pad } = window;
  if (pad.some((length) => length > 0) && x.as === 'carried' && zeroOf(x) !== 0)
    throw new Error(
      `pads codes of ${x.quantization?.fit.format.name} with 0, which is none of them: use Pad with ${zeroOf(x)} before it`,
    );
  return { ...window, pad: [pad[0] + top, pad[1] + left, pad[2] + bottom, pad[3] + right] };
}

/** The number that padding has in the file. Where the format has no zero it is that of the code nearest to zero. */
export function zeroOf({ as, quantization: q }: Activation): number {
  if (q === undefined || as === 'real') return 0;
  if (as === 'codes') return oneZeroPoint(q);
  return dequantize(codeTensor([1], Uint32Array.of(zeroCode(q)), q)).data[0];
}

function checkScales(weight: Operand): void {
  if (weight.kind === 'codes' && weight.quantization.axis !== 0)
    throw new Error(
      `has weights with scales along axis ${weight.quantization.axis}: one scale, or one for each output channel, is supported`,
    );
}

function checkBias(bias: ProductOperands['bias'], channels: number): void {
  if (bias !== undefined && bias.length !== channels)
    throw new Error(`has ${bias.length} biases for ${channels} output channels`);
}
