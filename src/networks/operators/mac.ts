import { productOf } from '../products/convolution.js';
import { executeMac, executeThrough } from '../products/mac.js';
import type { LaneStep } from '../lanes.js';
import type { Arithmetic, ConvLayer, DenseLayer } from '../network.js';
import { sizeOf, type Operand, type Tensor, type TensorFacts } from '../tensor.js';
import type { ArrayProducts } from '../products/product.js';
import type { Operator } from './operator.js';

type Mac = ConvLayer | DenseLayer;

/** What operators have in common whose products run on the array. */
export const onArray = {
  reads: 1,
  check({ name, bias, weight }: Mac) {
    if (bias !== undefined && bias.length !== weight.shape[0])
      throw new Error(`layer ${name} has ${bias.length} biases for ${weight.shape[0]} output channels`);
  },
  facts: (layer: Mac, [{ shape }]: readonly TensorFacts[]): readonly TensorFacts[] => [
    {
      shape: productOf(layer, shape).output,
      quantization: layer.result.kind === 'requantize' ? layer.result.output : undefined,
    },
  ],
  reals: run,
  codes: run,
  through: (layer: Mac, [input]: readonly Tensor[], arithmetic: Arithmetic, steps: readonly LaneStep[]) =>
    input.kind === layer.weight.kind ? executeThrough(layer, input, arithmetic, steps) : undefined,
  products,
} satisfies Operator<Mac>;

function run(layer: Mac, [input]: readonly Operand[], arithmetic: Arithmetic): readonly Operand[] {
  return [executeMac(layer, input, arithmetic)];
}

function products(layer: Mac, [input]: readonly TensorFacts[]): ArrayProducts {
  const { m, n, k, groups } = productOf(layer, input.shape);
  const inputs = sizeOf(input.shape) / groups;
  const bFormat = layer.weight.kind === 'codes' ? layer.weight.quantization.fit.format : undefined;
  const blocks = layer.result.kind === 'blocks' ? layer.result.format : undefined;
  return {
    m,
    n,
    k,
    groups,
    inputs,
    aFormat: blocks?.element ?? input.quantization?.fit.format,
    bFormat: blocks?.element ?? bFormat,
    ...(blocks && { blocks }),
  };
}
