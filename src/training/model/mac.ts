import { addPatches, type Product, productOf } from '../../networks/products/convolution.js';
import { transpose } from '../../networks/products/gemm.js';
import type { Arithmetic, ConvLayer, DenseLayer, MatmulJob } from '../../networks/network.js';
import { type Parameter, parameter } from '../../networks/parameter.js';
import { patchesOf } from '../../networks/products/patches.js';
import { codeTensor, quantize } from '../../networks/quantization.js';
import { type FloatTensor, floatTensor } from '../../networks/tensor.js';
import type { FakeQuantizer, Quantized } from '../../quantize/contract/fake.js';
import type { GradientQuantizer, RoundedGradient } from '../../quantize/learned/gradients.js';
import { total } from '../../quantize/algebra/reals.js';
import type { Module } from './module.js';

/** How training quantizes the operands of a layer's three products; real numbers where one is left out. */
export interface OperandQuantizers {
  input?: FakeQuantizer;
  weight?: FakeQuantizer;
  /** Of the gradient by the output, for either product that it enters. */
  gradient?: GradientQuantizer;
  /** Factors of the sums, one for each row of the product [m], from what the layer reads: XNOR-Net's K. */
  outputScale?: (x: FloatTensor, layer: ConvLayer | DenseLayer) => Float32Array;
  /** Rounds the gradient by the weights as it is written back, in place. */
  weightGradient?: (values: Float32Array) => void;
  /** Clips the latent weights to [-limit, limit] after each step. */
  weightLimit?: number;
}

/** What `forward` leaves for `backward`. */
interface Kept {
  x: FloatTensor;
  /** Operands of the forward product, on their grids: patches by group, weights as stored. */
  patches: Float32Array[];
  weight: Float32Array;
  job: Pick<MatmulJob, 'a' | 'b'>;
  product: Product;
  /** Factors of the output [m], where the recipe scales it. */
  scales?: Float32Array;
}

/**
 * A conv or dense layer whose three products go through the arithmetic:
 * y [m, n] = x [m, k] w', dx [m, k] = dy [m, n] w [n, k], dw [n, k] = dy' [n, m] x [m, k]; m counts images and pixels.
 * @param needsInputGradient false where no parameter lies before the layer
 */
export function macModule(
  layer: ConvLayer | DenseLayer,
  arithmetic: Arithmetic,
  quantizers: OperandQuantizers,
  needsInputGradient: boolean,
): Module {
  if (layer.weight.kind !== 'float')
    throw new Error(`layer ${layer.name} holds codes: only a float network can be trained`);
  const { shape } = layer.weight;
  const weight = parameter(`${layer.name}.weight`, layer.weight.data.slice(), {
    decays: true,
    limit: quantizers.weightLimit,
  });
  const bias = layer.bias && parameter(`${layer.name}.bias`, Float32Array.from(layer.bias));
  let kept: Kept | undefined;

  function forward(x: FloatTensor, training: boolean): FloatTensor {
    const product = productOf(layer, x.shape);
    const input = quantizers.input?.forward(x, training);
    const weights = quantizers.weight?.forward(floatTensor(shape, weight.value), training);
    const job = { a: input?.quantization, b: weights?.quantization };
    const values = input?.values ?? x;
    const patches = Array.from({ length: product.groups }, (_, g) =>
      layer.op === 'conv' ? patchesOf(values.data, x.shape, layer, g, 0, undefined, kept?.patches[g]) : values.data,
    );
    const scales = quantizers.outputScale?.(x, layer);
    kept = { x, patches, weight: weights?.values.data ?? weight.value, job, product, scales };
    return output(kept);
  }

  function output({ patches, weight: w, job, product, scales }: Kept): FloatTensor {
    const { m, n, k } = product;
    const y = floatTensor(product.output);
    patches.forEach((a, g) => {
      const b = transpose(groupOf(w, g, n * k), n, k, new Float32Array(n * k));
      const sums = arithmetic.values(a, b, { layer: layer.name, m, n, k, ...job, pass: 'forward' });
      const own = scales === undefined ? sums : sums.map((sum, i) => sum * scales[Math.floor(i / n)]);
      toImages(own, y.data, product, g, bias?.value);
    });
    return y;
  }

  function backward(gradient: FloatTensor): FloatTensor {
    if (kept === undefined) throw new Error(`layer ${layer.name}: backward before forward`);
    const { x, product, scales } = kept;
    if (bias !== undefined) addBiasGradient(gradient.data, product, bias);
    const bySums = scales === undefined ? gradient : rowsScaled(gradient, product, scales);
    const real: Quantized = { values: bySums, quantization: undefined };
    const dy: RoundedGradient = quantizers.gradient?.forward(bySums) ?? { weightGradient: real, inputGradient: real };
    weightGradient(kept, [dy.weightGradient, ...(dy.samples ?? [])]);
    const dx = floatTensor(x.shape);
    if (needsInputGradient) {
      inputGradient(kept, dy.inputGradient, dx);
      quantizers.input?.backward(x, dx.data);
    }
    return dx;
  }

  function weightGradient({ patches, job, product }: Kept, samples: readonly Quantized[]): void {
    const { m, n, k } = product;
    const dw = new Float32Array(weight.value.length);
    const shape1 = { layer: layer.name, m: n, n: k, k: m, pass: 'weightGradient' } as const;
    for (const { values, quantization } of samples)
      patches.forEach((x, g) => {
        const dy = rowsOf(values.data, product, g);
        const sums = arithmetic.values(dy, x, { ...shape1, a: quantization, b: job.a });
        for (let i = 0; i < sums.length; i++) dw[g * n * k + i] += sums[i] / samples.length;
      });
    quantizers.weightGradient?.(dw);
    quantizers.weight?.backward(floatTensor(shape, weight.value), dw);
    dw.forEach((g, i) => {
      weight.gradient[i] += g;
    });
  }

  function inputGradient(
    { weight: w, job, product }: Kept,
    { values, quantization }: Quantized,
    dx: FloatTensor,
  ): void {
    const { m, n, k, groups } = product;
    for (let g = 0; g < groups; g++) {
      const dy = transpose(rowsOf(values.data, product, g), n, m, new Float32Array(m * n));
      const job1 = { layer: layer.name, m, n: k, k: n, a: quantization, b: job.b, pass: 'inputGradient' } as const;
      const patches = arithmetic.values(dy, groupOf(w, g, n * k), job1);
      if (layer.op === 'conv') addPatches(patches, dx.data, dx.shape, layer, g);
      else dx.data.set(patches);
    }
  }

  const own = bias === undefined ? [weight] : [weight, bias];
  return {
    parameters: [...own, ...(quantizers.input?.parameters ?? []), ...(quantizers.weight?.parameters ?? [])],
    state: quantizers.gradient?.state,
    forward,
    backward,
    operands() {
      if (kept === undefined) return undefined;
      const values = floatTensor(shape, kept.weight.slice());
      const { a: input, b } = kept.job;
      if (b === undefined) return { input, weight: values };
      const { data } = quantize(values, b);
      // A layer of a file has no factor for each row: their mean goes into the weights' scales.
      const factor = kept.scales === undefined ? 1 : total(kept.scales) / kept.scales.length;
      const weight = codeTensor(shape, data, { ...b, scale: b.scale.map((scale) => scale * factor) });
      return { input, weight };
    },
    layer: () => ({ ...layer, weight: floatTensor(shape, weight.value.slice()), bias: bias?.value.slice() }),
  };
}

function groupOf(weights: Float32Array, group: number, size: number): Float32Array {
  return weights.subarray(group * size, (group + 1) * size);
}

/** Sums [m, n] of a group into [images, filters, pixels], with the bias. */
function toImages(
  sums: Float32Array,
  y: Float32Array,
  product: Product,
  group: number,
  bias: Float32Array | undefined,
): void {
  const { m, n, groups, pixels } = product;
  for (let i = 0; i < m; i++) {
    const image = Math.floor(i / pixels);
    for (let j = 0; j < n; j++) {
      const filter = group * n + j;
      y[(image * n * groups + filter) * pixels + (i - image * pixels)] = sums[i * n + j] + (bias?.[filter] ?? 0);
    }
  }
}

/** A group's gradient as [n, m], from [images, filters, pixels]. */
function rowsOf(dy: Float32Array, { m, n, groups, pixels }: Product, group: number): Float32Array {
  const rows = new Float32Array(n * m);
  for (let image = 0; image < m / pixels; image++)
    for (let j = 0; j < n; j++) {
      const from = (image * n * groups + group * n + j) * pixels;
      rows.set(dy.subarray(from, from + pixels), j * m + image * pixels);
    }
  return rows;
}

/** A gradient [images, filters, pixels] times the factor of each of its rows [images, pixels]. */
function rowsScaled(dy: FloatTensor, { n, groups, pixels }: Product, scales: Float32Array): FloatTensor {
  const image = n * groups * pixels;
  const scaled = dy.data.map((g, i) => g * scales[Math.floor(i / image) * pixels + (i % pixels)]);
  return floatTensor(dy.shape, scaled);
}

function addBiasGradient(dy: Float32Array, { m, n, groups, pixels }: Product, bias: Parameter): void {
  const totals = new Float64Array(n * groups);
  for (let run = 0, at = 0; run < (m / pixels) * totals.length; run++)
    for (let end = at + pixels; at < end; at++) totals[run % totals.length] += dy[at];
  totals.forEach((total, f) => {
    bias.gradient[f] += total;
  });
}
