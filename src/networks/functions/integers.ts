import { valuesOf } from '../../datapaths/kernel/index.js';
import { type CodeTensor, integerTensor, type IntegerType, type TensorFacts } from '../tensor.js';
import type { OperandFacts, TensorFunction } from './function.js';

/** Codes of an integer format as plain integers, in the file's type for it. */
const integers: TensorFunction = {
  operands: 1,
  takesCodes: true,
  operations: 0,
  facts: ([x]): TensorFacts[] => [{ shape: (x as OperandFacts).shape, type: typeOfCodes(x as OperandFacts) }],
  run: ([x]) => {
    const { shape, data, quantization } = x as CodeTensor;
    const values = valuesOf(quantization.fit.format);
    return [
      integerTensor(
        shape,
        typeOfCodes({ quantization }),
        Float64Array.from(data, (code) => values[code]),
      ),
    ];
  },
};

function typeOfCodes({ quantization }: Pick<OperandFacts, 'quantization'>): IntegerType {
  const format = quantization?.fit.format;
  if (format?.kind === 'int' && format.exponent === 0) return format.name as IntegerType;
  throw new Error(`reads codes of ${format?.name} as integers: DequantizeLinear is missing between`);
}

export const INTEGERS: Readonly<Record<string, TensorFunction>> = { 'lastbit.Integers': integers };
