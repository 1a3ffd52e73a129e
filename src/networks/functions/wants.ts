import type { OperandFacts, TensorFunction } from './function.js';

/**
 * Operands, by their place, that must be there and of a kind. Said apart from the functions, which meet them only when they
 * run: a file is refused before that.
 */
type Want = 'integers' | 'real numbers';

const INTEGERS: Readonly<Record<string, readonly number[]>> = {
  ...{ And: [0, 1], Or: [0, 1], Xor: [0, 1], Not: [0], BitShift: [0, 1] },
  ...{ BitwiseAnd: [0, 1], BitwiseOr: [0, 1], BitwiseXor: [0, 1], BitwiseNot: [0] },
  ...{
    CumSum: [1],
    CumProd: [1],
    Compress: [1],
    Gather: [1],
    GatherElements: [1],
    GatherND: [1],
    ReverseSequence: [1],
    RoiAlign: [2],
  },
  ...{ Scatter: [1], ScatterElements: [1], ScatterND: [1] },
  ...{ ConvInteger: [0, 1], MatMulInteger: [0, 1], 'com.microsoft.MatMulIntegerToFloat': [0, 1] },
  ...{ 'com.microsoft.DynamicQuantizeMatMul': [1], 'com.microsoft.GatherBlockQuantized': [0, 1] },
  ...{ 'com.microsoft.DynamicQuantizeLSTM': [1, 2, 9, 11], 'com.microsoft.EmbedLayerNormalization': [0] },
  ...{ 'com.microsoft.GroupQueryAttention': [5, 6] },
};

const REALS: Readonly<Record<string, readonly number[]>> = {
  ...{ BatchNormalization: [1, 2, 3, 4], GroupNormalization: [1, 2], InstanceNormalization: [1, 2] },
  ...{ 'com.microsoft.DynamicQuantizeLSTM': [0, 8, 10], 'com.microsoft.EmbedLayerNormalization': [2, 3, 5, 6] },
  ...{ 'com.microsoft.MultiHeadAttention': [0], 'com.microsoft.GroupQueryAttention': [0] },
  ...{ NonMaxSuppression: [0, 1] },
  ...{ RotaryEmbedding: [1, 2], 'com.microsoft.RotaryEmbedding': [2, 3] },
  ...{ 'com.microsoft.SkipLayerNormalization': [1, 2], 'com.microsoft.SkipSimplifiedLayerNormalization': [1, 2] },
};

/** Functions whose facts say so where an operand is none that they take. */
export function withWants(
  functions: Readonly<Record<string, TensorFunction>>,
): Readonly<Record<string, TensorFunction>> {
  const wanting = (name: string): [number, Want][] => [
    ...(INTEGERS[name] ?? []).map((place): [number, Want] => [place, 'integers']),
    ...(REALS[name] ?? []).map((place): [number, Want] => [place, 'real numbers']),
  ];
  return Object.fromEntries(
    Object.entries(functions).map(([name, record]) => {
      const wants = wanting(name);
      const { facts } = record;
      if (wants.length === 0 || facts === undefined) return [name, record];
      const checked: TensorFunction['facts'] = (operands, attributes) => {
        for (const [place, want] of wants) checkKind(operands[place], place, want);
        return facts(operands, attributes);
      };
      return [name, { ...record, facts: checked }];
    }),
  );
}

function checkKind(operand: OperandFacts | undefined, place: number, want: Want): void {
  const { type = 'float32', quantization } = operand ?? {};
  const kind = quantization === undefined && !type.includes('float') ? 'integers' : 'real numbers';
  if (operand === undefined || kind !== want)
    throw new Error(`wants ${want} as operand ${place + 1}, found ${operand === undefined ? 'none' : type}`);
}
