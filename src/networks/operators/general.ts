import { type Around, movesAlong, type OperandFacts, type TensorFunction } from '../functions/function.js';
import { functionNamed } from '../functions/index.js';
import { roundedTo } from '../functions/types.js';
import type { Arithmetic, GeneralLayer } from '../network.js';
import { dequantize, quantize } from '../quantization.js';
import {
  type CodeTensor,
  factsOfTensor,
  floatTensor,
  integerTensor,
  type RealType,
  sizeOf,
  type Tensor,
  type TensorFacts,
} from '../tensor.js';
import type { Operator } from './operator.js';

/** A function of tensors: what it computes is its record's (functions/); here its operands are found and its result typed. */
export const general: Operator<GeneralLayer> = {
  facts: (layer, inputs) => within(layer, () => factsFrom(layer, inputs)),
  any: (layer, inputs, arithmetic) => within(layer, () => run(layer, inputs, arithmetic)),
  elementwise({ function: called, operands }) {
    const { elementwise = false } = functionNamed(called);
    const is = typeof elementwise === 'boolean' ? elementwise : elementwise(operands);
    return is && operands.every((each) => typeof each !== 'object' || sizeOf(each.shape) === 1);
  },
  lanes: ({ function: called, operands, output }) =>
    output === undefined ? functionNamed(called).lanes?.(operands) : undefined,
  products: (layer, inputs) => functionNamed(layer.function).products?.(operandFacts(layer, inputs), layer.attributes),
  operations: (layer, inputs) => {
    const each = functionNamed(layer.function);
    const written = factsFrom(layer, inputs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return written * (each.operations ?? (movesAlong(each, layer.attributes) ? 0 : 1));
  },
};

function within<T>({ name, function: called }: GeneralLayer, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`layer ${name} (${called}): ${(error as Error).message}`, { cause: error });
  }
}

export function operandFacts(layer: GeneralLayer, inputs: readonly TensorFacts[]): (OperandFacts | undefined)[] {
  return layer.operands.map((operand) => {
    if (operand === undefined) return undefined;
    return typeof operand === 'number' ? inputs[operand] : { ...factsOfTensor(operand), value: operand };
  });
}

function factsFrom(layer: GeneralLayer, inputs: readonly TensorFacts[]): readonly TensorFacts[] {
  const called = functionNamed(layer.function);
  const operands = operandFacts(layer, inputs);
  const facts = called.facts?.(operands, layer.attributes) ?? seen(layer, called, inputs);
  const type = realTypeOf(operands);
  const { output } = layer;
  return facts.slice(0, layer.outputs.length).map(({ shape, ...rest }) => {
    if (output !== undefined) return { shape, quantization: output };
    if (rest.type === 'float32') return { shape };
    if (rest.type !== undefined || rest.quantization !== undefined) return { shape, ...rest };
    return { shape, ...(type !== 'float32' && { type }) };
  });
}

/** What a run on zeros gives. */
function seen(layer: GeneralLayer, called: TensorFunction, inputs: readonly TensorFacts[]): readonly TensorFacts[] {
  const zeros = inputs.map(({ shape, quantization, type }): Tensor => {
    if (quantization !== undefined && (movesAlong(called, layer.attributes) || called.takesCodes))
      return quantize(floatTensor(shape), quantization);
    if (type === undefined || isReal(type)) return { ...floatTensor(shape), ...(type && { type }) };
    return integerTensor(shape, type);
  });
  return called.run(operandsOf(layer, zeros), layer.attributes, aside(layer)).map(factsOfTensor);
}

function aside(layer: GeneralLayer): Around {
  const refused = () => {
    throw new Error('has products and says no shape before it runs');
  };
  return {
    layer: layer.name,
    arithmetic: { name: 'none', values: refused, codes: refused },
    outputs: layer.outputs.length,
  };
}

function isReal(type: string): type is RealType {
  return type.includes('float');
}

/** The type of reals among operands, which is that of the result. */
function realTypeOf(operands: readonly (TensorFacts | undefined)[]): RealType {
  const typed = operands.map((facts) => facts?.type).find((type) => type !== undefined && isReal(type));
  return typed ?? 'float32';
}

function operandsOf(layer: GeneralLayer, inputs: readonly Tensor[]): (Tensor | undefined)[] {
  return layer.operands.map((operand) => (typeof operand === 'number' ? inputs[operand] : operand));
}

function run(layer: GeneralLayer, inputs: readonly Tensor[], arithmetic: Arithmetic): readonly Tensor[] {
  const called = functionNamed(layer.function);
  const around = {
    layer: layer.name,
    arithmetic,
    outputs: layer.outputs.length,
    ...(layer.rule && { rule: layer.rule }),
  };
  const operands = operandsOf(layer, inputs);
  const { attributes, output } = layer;
  const whole = operands.filter((each) => each?.kind !== 'float');
  if (
    output !== undefined &&
    layer.rule !== undefined &&
    called.fused !== undefined &&
    whole.length === operands.length
  )
    return [called.fused(whole, attributes, output, around)];
  const takes = movesAlong(called, attributes) || called.takesCodes === true;
  const factors = called.factors?.every((place) => operands[place]?.kind === 'codes') ? called.factors : [];
  const given = operands.map((each, place) => {
    const keeps = (takes && output === undefined) || factors.includes(place);
    return each?.kind === 'codes' && !keeps ? dequantize(each) : each;
  });
  const results = called.run(given, attributes, around).slice(0, layer.outputs.length);
  if (output !== undefined) return results.map((result) => encoded(dequantize(result).data, result.shape, output));
  const type = realTypeOf(given.map((each) => each && factsOfTensor(each)));
  return results.map((result) => typed(result, type));
}

function encoded(
  reals: Float32Array,
  shape: readonly number[],
  output: NonNullable<GeneralLayer['output']>,
): CodeTensor {
  return quantize(floatTensor(shape, reals), output);
}

/** Reals of a narrower type lie on it after each function, as every runtime writes them to memory; a result may have its own. */
function typed(result: Tensor, type: RealType): Tensor {
  if (result.kind !== 'float') return result;
  if (result.type === undefined) return type === 'float32' ? result : roundedTo(result, type);
  return result.type === 'float32' ? roundedTo(result, 'float32') : result;
}
