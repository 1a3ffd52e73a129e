import { formatNamed } from '../../formats/catalog.js';
import { type Fit, fitTo } from '../../formats/codec.js';
import type { FloatFormat } from '../../formats/format.js';
import { dequantize, perTensor, quantize } from '../../networks/quantization.js';
import { floatTensor } from '../../networks/tensor.js';
import { type FakeQuantizer, straightThrough } from '../../quantize/contract/fake.js';
import { formatGradients, scaledGradients } from '../../quantize/learned/gradients.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import { quantizationOf, scheme } from '../../quantize/contract/scheme.js';
import { stochasticRounder } from '../../quantize/codes/stochastic.js';
import { roundedSgd } from '../../training/session/axpy.js';
import type { OperandQuantizers } from '../../training/model/mac.js';
import { sgd } from '../../training/session/optimizer.js';
import { GRAD_SCALER } from '../../training/session/scaling.js';
import type { TrainRecipe } from '../trainRecipe.js';

const DECAY = 5e-4;

/** What every recipe has that does not say otherwise. */
export const PLAIN = {
  kind: 'training',
  result: 'dequantize',
  style: 'relu',
  rate: 0.05,
  optimizer: () => sgd({ decay: DECAY }),
  scaling: { kind: 'none' },
} as const satisfies Partial<TrainRecipe>;

/** A format as it is, with scale 1. */
export function inFormat(fit: Fit): FakeQuantizer {
  const quantization = perTensor(fit, 1);
  return straightThrough(() => quantization);
}

const saturating = (format: string) => fitTo(formatNamed(format), { overflow: 'saturate' });

/** fp16 as it is: what is too large becomes infinite, which is how dynamic loss scaling knows. */
const FP16 = fitTo(formatNamed('fp16'));

function writeBack(fit: Fit): (values: Float32Array) => void {
  const quantization = perTensor(fit, 1);
  return (values) => values.set(dequantize(quantize(floatTensor([values.length], values), quantization)).data);
}

const MIXED: Pick<TrainRecipe, 'family' | 'bits' | 'source' | 'target' | 'quantizers'> = {
  family: 'fp16 training',
  bits: { weights: 16, activations: 16 },
  source: 'Micikevicius et al., ICLR 2018',
  target: 'fp16',
  quantizers: () => ({
    input: inFormat(FP16),
    weight: inFormat(FP16),
    gradient: formatGradients(FP16),
    weightGradient: writeBack(FP16),
  }),
};

/** Forward and backward formats as they are, one loss scale for all: IBM's fp8 schemes. */
function fp8(forward: string, backward: string): () => OperandQuantizers {
  return () => ({
    input: inFormat(saturating(forward)),
    weight: inFormat(saturating(forward)),
    gradient: formatGradients(saturating(backward)),
  });
}

const FP8_BITS = { weights: 8, activations: 8 };

const LOSS_SCALE_1000 = { kind: 'static', scale: 1000 } as const;

/** Weights and velocities in dlfloat16, moved by stochastic rounding. */
const FP8_IBM: Omit<TrainRecipe, 'name' | 'description' | 'target'> = {
  ...PLAIN,
  family: 'fp8 training',
  bits: FP8_BITS,
  source: 'Wang et al., NeurIPS 2018 (the loss scale is recalled)',
  scaling: LOSS_SCALE_1000,
  optimizer: ({ unit }) =>
    roundedSgd(stochasticRounder(formatNamed('dlfloat16') as FloatFormat, unit), { decay: DECAY }),
  quantizers: fp8('hfp8e5m2', 'hfp8e5m2'),
};

function hfp8(name: string, forward: string, what: string): TrainRecipe {
  return {
    ...PLAIN,
    family: 'fp8 training',
    bits: FP8_BITS,
    name,
    description: `1-4-3 forward with bias ${what}; 1-5-2 gradients; dlfloat16 sums in chunks of 64; loss scale 1000`,
    source: 'Sun et al., NeurIPS 2019 (loss scale as in fp8-ibm)',
    target: 'ibm-hfp8',
    scaling: LOSS_SCALE_1000,
    quantizers: fp8(forward, 'hfp8e5m2'),
  };
}

const e4m3 = scheme('e4m3fn', maximum());

export const FLOAT_RECIPES: readonly TrainRecipe[] = [
  {
    ...PLAIN,
    name: 'fp32',
    family: 'fp16 training',
    bits: { weights: 32, activations: 32 },
    description: 'real numbers: float32 products and sums',
    source: 'the baseline',
    target: 'fp32',
    quantizers: () => ({}),
  },
  {
    ...PLAIN,
    ...MIXED,
    name: 'fp16-mixed',
    description: 'fp16 operands, float32 sums and master weights; dynamic loss scaling by the schedule of PyTorch',
    scaling: GRAD_SCALER,
  },
  {
    ...PLAIN,
    ...MIXED,
    name: 'fp16-unscaled',
    description: 'the same without loss scaling',
  },
  {
    ...PLAIN,
    ...MIXED,
    name: 'fp16-static',
    description: 'the same with a loss scale of 1024',
    scaling: { kind: 'static', scale: 1024 },
  },
  {
    ...FP8_IBM,
    name: 'fp8-ibm',
    description: 'e5m2 operands, dlfloat16 sums in chunks of 64, weight updates rounded stochastically to dlfloat16',
    target: 'ibm-fp8',
  },
  {
    ...FP8_IBM,
    name: 'fp8-ibm-unchunked',
    description: 'the same with one dlfloat16 sum for the whole length',
    target: 'ibm-fp8-unchunked',
  },
  hfp8('hfp8', 'hfp8', "11, the paper's range"),
  hfp8('hfp8-bias7', 'hfp8b7', "7, IBM's public code"),
  hfp8('hfp8-fbgemm', 'hfp8fbgemm', '15, FBGEMM'),
  {
    ...PLAIN,
    name: 'ocp-fp8',
    family: 'fp8 training',
    bits: FP8_BITS,
    description: 'e4m3fn forward, e5m2 gradients, each tensor scaled by its largest magnitude; float32 sums',
    source: 'Micikevicius et al. 2022, arXiv 2209.05433',
    target: 'fp8-fp32',
    quantizers: () => ({
      input: straightThrough((x) => quantizationOf(x, e4m3)),
      weight: straightThrough((w) => quantizationOf(w, e4m3)),
      gradient: scaledGradients('e5m2'),
    }),
  },
];
