import { didYouMean } from '../../text/nearest.js';

/** Whose arithmetic a quantized network is computed with: runtimes give other codes for one file. */
export type RuleName = 'ort' | 'ort-unfused' | 'onnx';

/** Operators that a runtime computes from codes to codes in one step, where the standard has real numbers in between. */
export interface RuntimeRules {
  name: RuleName;
  /** What was measured, with its version. */
  source: string;
  /** ONNX operators between DequantizeLinear and QuantizeLinear that become one step. */
  fuses: readonly string[];
  /** Bits of the codes that it does so with. */
  bits: readonly number[];
  /** ONNX operators between them whose stored real weights become int8, and biases int32 in units of the sums. */
  rounds: readonly string[];
  /** Whether codes that are dequantized and quantized again at once are quantized once, to what both ranges hold. */
  merges: boolean;
}

/**
 * `ort` holds for the build that it names: its x86-64 kernels turn int8 activations into uint8 inside, and add by fused
 * multiplications (operators QLinearAdd, QLinearMul). onnxruntime-web 1.30.0 rounds their steps otherwise: over all pairs
 * of codes up to 1 in 12 of a QLinearAdd's results and 1 in 60 of a QLinearMul's lie at the next code.
 */
export const RULES: Readonly<Record<RuleName, RuntimeRules>> = {
  ort: {
    name: 'ort',
    source: 'onnxruntime-node 1.30.0 on x86-64, graph optimisation "all" (its default)',
    fuses: [
      ...['Conv', 'Gemm', 'MatMul', 'Add', 'Mul', 'AveragePool', 'GlobalAveragePool'],
      ...['Sigmoid', 'LeakyRelu', 'Softmax', 'Concat', 'Where'],
    ],
    bits: [8],
    rounds: ['Conv', 'ConvTranspose', 'Gemm'],
    merges: true,
  },
  'ort-unfused': {
    name: 'ort-unfused',
    source: 'onnxruntime-node 1.30.0 on x86-64, graph optimisation "disabled": every node by itself',
    fuses: [],
    bits: [],
    rounds: [],
    merges: false,
  },
  onnx: {
    name: 'onnx',
    source: 'the ONNX standard: DequantizeLinear, the operator and QuantizeLinear, each rounded to float32',
    fuses: [],
    bits: [],
    rounds: [],
    merges: false,
  },
};

/** @throws RangeError naming what there is near */
export function rulesNamed(name: string): RuntimeRules {
  if (Object.hasOwn(RULES, name)) return RULES[name as RuleName];
  const names = Object.keys(RULES);
  throw new RangeError(`there are no rules ${name}: there are ${names.join(' ')}${didYouMean(name, names)}`);
}
