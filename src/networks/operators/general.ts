import { type Around, movesAlong, type OperandFacts, type TensorFunction } from '../functions/function.js';
import { functionNamed } from '../functions/index.js';
import { OpenShape } from '../functions/operands.js';
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
  lanes({ function: called, operands, output }) {
    const stored = operands.filter((each) => typeof each === 'object');
    // Registers hold float32, which reals of another type are rounded from after each function.
    const isFloat32 = realTypeOf(stored.map(factsOfTensor)) === 'float32';
    return output === undefined && isFloat32 ? functionNamed(called).lanes?.(operands) : undefined;
  },
  products: (layer, inputs) => functionNamed(layer.function).products?.(operandFacts(layer, inputs), layer.attributes),
  operations: (layer, inputs) => {
    const each = functionNamed(layer.function);
    const facts = factsFrom(layer, inputs);
    if (facts.some(({ open }) => open !== undefined)) return 0;
    const written = facts.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return written * (each.operations ?? (movesAlong(each, layer.attributes) ? 0 : 1));
  },
};

function within<T>({ name, function: called }: GeneralLayer, run: () => T): T {
  try {
    return run();
  } catch (error) {
    // What is open is looked at only in a run.
    const reason =
      error instanceof TypeError ? 'lacks an operand, or has one of another kind' : (error as Error).message;
    throw new Error(`layer ${name} (${called}): ${reason}`, { cause: error });
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
  const facts = knownFacts(layer, called, inputs, operands);
  const type = realTypeOf(operands);
  const { output } = layer;
  return facts.slice(0, layer.outputs.length).map(({ shape, ...rest }) => {
    const own = { shape, ...(rest.open !== undefined && { open: rest.open }) };
    if (output !== undefined) return { ...own, quantization: output };
    if (rest.type === 'float32') return own;
    if (rest.type !== undefined || rest.quantization !== undefined) return { ...own, ...rest };
    return { ...own, ...(type !== 'float32' && { type }) };
  });
}

/**
 * What is known before a run. Where an operand's shape follows from data, or the result's does, lengths that are not known go
 * through the facts as NaN: what comes out of it is for people, and no tensor is made by it.
 */
function knownFacts(
  layer: GeneralLayer,
  called: TensorFunction,
  inputs: readonly TensorFacts[],
  operands: readonly (OperandFacts | undefined)[],
): readonly TensorFacts[] {
  const from = inputs.find((input) => input.open !== undefined)?.open;
  if (from !== undefined && called.products !== undefined) throw new Error(openProduct(from));
  try {
    const facts = called.facts?.(operands, layer.attributes);
    if (from === undefined) return facts ?? seen(layer, called, inputs);
    const isAny = inputs.some(({ shape }) => shape.includes(Infinity));
    const known = facts ?? guessed(layer, called, operands);
    return known.map((each) => ({ ...each, ...(isAny && { shape: ANY_AXES }), open: from }));
  } catch (error) {
    const decides = error instanceof OpenShape && called.products === undefined;
    if (from === undefined && !decides) throw error;
    const open = from ?? `${layer.node ?? layer.name} (${layer.function})`;
    const known = decides ? error.known : undefined;
    return (known ?? guessed(layer, called, operands)).map((each) => ({ ...each, open }));
  }
}

const ANY_AXES = [Infinity];

/** Of a shape that nothing is known of; where elements are only taken along, of their type. */
function guessed(
  layer: GeneralLayer,
  called: TensorFunction,
  operands: readonly (OperandFacts | undefined)[],
): readonly TensorFacts[] {
  const [first] = called.along === undefined || called.along === 'all' ? [0] : called.along;
  const { quantization, type } = movesAlong(called, layer.attributes) ? (operands[first] ?? {}) : {};
  return layer.outputs.map(() => ({ shape: ANY_AXES, ...(quantization && { quantization }), ...(type && { type }) }));
}

/** Why products behind such a tensor are refused: what the array does is planned before a run. */
export function openProduct(open: string): string {
  return `multiplies on the array what is as long as the data of ${open} say: shapes that are known before a run are supported there`;
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
