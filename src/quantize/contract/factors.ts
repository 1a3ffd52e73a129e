import { factsOf, inputsOf } from '../../networks/facts.js';
import { functionNamed } from '../../networks/functions/index.js';
import {
  type ConvLayer,
  type DenseLayer,
  type GeneralLayer,
  isMacLayer,
  type Network,
} from '../../networks/network.js';
import { operandFacts } from '../../networks/operators/general.js';
import { perTensor, quantize } from '../../networks/quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, type Quantization } from '../../networks/tensor.js';
import { saturating } from '../../networks/build/builder.js';
import { formatNamed } from '../../formats/catalog.js';
import { quantizationOf, type Scheme } from './scheme.js';

/** A layer whose operands become codes: of stored weights, or a function of tensors whose factors the array multiplies. */
export type CodeProduct = ConvLayer | DenseLayer | GeneralLayer;

/** One factor of a product. */
export interface ProductFactor {
  /** Of a function, its place among the operands; 0 of a layer that has weights of its own. */
  place: number;
  /** The tensor that is computed; undefined where it is stored. */
  tensor?: string;
  /** What is stored, and the axis whose indices may have a scale each; undefined where none may. */
  stored?: { real: FloatTensor; axis?: number };
}

/** The products of a float network in its order, each with its factors but the weights of conv and dense layers. */
export function productsOf(network: Network): Map<CodeProduct, readonly ProductFactor[]> {
  const facts = factsOf(network);
  const products = new Map<CodeProduct, readonly ProductFactor[]>();
  for (const layer of network.layers) {
    if (isMacLayer(layer)) products.set(layer, [{ place: 0, tensor: layer.inputs[0] }]);
    else if (layer.op === 'general') {
      const factors = factorsOf(layer, operandFacts(layer, inputsOf(layer, facts)));
      if (factors !== undefined) products.set(layer, factors);
    }
  }
  return products;
}

type Known = ReturnType<typeof operandFacts>;

/** Undefined where the array does not multiply codes of it: another type than float32, or none of its cases. */
function factorsOf(layer: GeneralLayer, operands: Known): readonly ProductFactor[] | undefined {
  const { factors } = functionNamed(layer.function);
  const areReal = factors?.every((place) => {
    const { type = 'float32', quantization, value } = operands[place] ?? {};
    return operands[place] !== undefined && type === 'float32' && quantization === undefined && isFloat(value);
  });
  if (factors === undefined || areReal !== true || !multiplies(layer, operands, factors)) return undefined;
  return factors.map((place): ProductFactor => {
    const operand = layer.operands[place];
    if (typeof operand === 'number') return { place, tensor: layer.inputs[operand] };
    return { place, stored: { real: operand as FloatTensor, axis: channelAxis(layer, operands, factors, place) } };
  });
}

const isFloat = (value: { kind: string } | undefined) => value === undefined || value.kind === 'float';

/** Whether it multiplies codes, where its factors are such; `own` is the quantization of the one at `place`. */
function multiplies(
  { function: called, attributes }: GeneralLayer,
  operands: Known,
  factors: readonly number[],
  place = -1,
  own = ANY,
): boolean {
  const coded = operands.map((each, i) =>
    each === undefined || !factors.includes(i) ? each : { ...each, quantization: i === place ? own : ANY },
  );
  return functionNamed(called).products?.(coded, attributes)?.aFormat !== undefined;
}

const ANY = perTensor(saturating(formatNamed('int8')), 1);

/** The axis of a stored factor whose scales come out of the sums. */
function channelAxis(
  layer: GeneralLayer,
  operands: Known,
  factors: readonly number[],
  place: number,
): number | undefined {
  const shape = operands[place]?.shape ?? [];
  const axis = shape.findIndex(
    (length, i) =>
      length > 1 && multiplies(layer, operands, factors, place, { ...ANY, scale: new Float32Array(length), axis: i }),
  );
  return axis < 0 ? undefined : axis;
}

/** Stored numbers as codes by a scheme whose channels lie along an axis; without one they share a grid. */
export function storedCodes(real: FloatTensor, axis: number | undefined, scheme: Scheme): CodeTensor {
  if (axis === undefined) return quantize(real, quantizationOf(real, { ...scheme, per: 'tensor' }));
  const inner = real.shape.slice(axis + 1).reduce((size, length) => size * length, 1);
  const length = real.shape[axis];
  const rest = real.data.length / length;
  // Where each element of [length, rest] lies.
  const place = (c: number, i: number) => (Math.floor(i / inner) * length + c) * inner + (i % inner);
  const turned = floatTensor([length, rest]);
  for (let c = 0, at = 0; c < length; c++) for (let i = 0; i < rest; i++) turned.data[at++] = real.data[place(c, i)];
  const codes = scheme.codes?.(turned) ?? quantize(turned, quantizationOf(turned, scheme));
  const data = codes.data.slice();
  for (let c = 0, at = 0; c < length; c++) for (let i = 0; i < rest; i++) data[place(c, i)] = codes.data[at++];
  const quantization: Quantization = {
    ...codes.quantization,
    axis: codes.quantization.scale.length === 1 ? 0 : axis,
  };
  return { kind: 'codes', shape: real.shape, data, quantization };
}

/** The product with codes in place of its factors: computed ones by the tensors' names, stored ones as they are given. */
export function withFactors(
  layer: GeneralLayer,
  factors: readonly { place: number; codes: string | CodeTensor }[],
): GeneralLayer {
  const inputs: string[] = [];
  const placeOf = (name: string) => (inputs.includes(name) ? inputs.indexOf(name) : inputs.push(name) - 1);
  const operands = layer.operands.map((operand, place) => {
    const own = factors.find((factor) => factor.place === place)?.codes;
    if (own !== undefined) return typeof own === 'string' ? placeOf(own) : own;
    return typeof operand === 'number' ? placeOf(layer.inputs[operand]) : operand;
  });
  return { ...layer, inputs, operands };
}
