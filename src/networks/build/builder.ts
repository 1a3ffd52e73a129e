import { type Fit, fitTo } from '../../formats/codec.js';
import type { Format } from '../../formats/format.js';
import { factsAfter } from '../facts.js';
import type { Blocks, ConvLayer, Layer } from '../network.js';
import { LARGEST, type Quantization, sizeOf, type TensorFacts } from '../tensor.js';

/**
 * Layers are put together while a network's file is read, of whatever kind it is: what a file says in several steps (a
 * product, then a bias, a scale, a clip) becomes one layer where one can hold it.
 */
export interface Builder {
  layers: Layer[];
}

/**
 * What a layer of the network writes. `real`: real numbers. `integers`: such as no
 * scale gives a meaning. `codes`: codes of `quantization`. `carried`: codes too, which
 * the file holds as the real numbers that they stand for. `dequantized`: codes that are read as real numbers; `realName`
 * becomes a layer only if somebody other than a MAC layer reads it.
 */
export interface Activation {
  kind: 'activation';
  name: string;
  shape: readonly number[];
  as: 'real' | 'codes' | 'carried' | 'dequantized' | 'integers';
  quantization?: Quantization;
  /** Of reals and integers; float32 where it is left out. */
  type?: TensorFacts['type'];
  /** As in TensorFacts: the shape is certain only in a run. */
  open?: string;
  realName?: string;
  /** Features that the file has reshaped to features x 1 x 1. */
  column?: boolean;
  /** top, left, bottom, right: padding before it, which the convolution that must follow takes over. */
  pad?: ConvLayer['pad'];
  /** The product that reads it puts its operands in blocks. */
  blocks?: Blocks;
  /** More than one node reads it, so the layer that writes it must stay as it is. */
  shared: boolean;
}

/** Shape of one image of a batch. */
export function perImage({ shape }: Pick<Activation, 'shape'>): readonly number[] {
  return shape.slice(1);
}

/** Appends a layer of one output and gives that; what is known of it follows from what it reads. */
export function push(
  builder: Builder,
  layer: Layer,
  reads: readonly Activation[],
  parts: Partial<Pick<Activation, 'as' | 'column'>> = {},
): Activation {
  const [{ shape, quantization, type, open }] = factsAfter(layer, reads);
  if (open === undefined && !isAllowed(shape))
    throw new Error(
      `gives shape ${shape.slice(1).join('x')}: lengths of 1 and more, up to ${LARGEST} elements, are supported`,
    );
  builder.layers.push(layer);
  const as = parts.as ?? (quantization === undefined ? 'real' : 'codes');
  return {
    kind: 'activation',
    name: layer.name,
    shape,
    shared: false,
    ...parts,
    as,
    ...(as !== 'real' && { quantization }),
    ...(type && { type }),
    ...(open !== undefined && { open }),
  };
}

function isAllowed(shape: readonly number[]): boolean {
  return shape.every((length) => length >= 1) && sizeOf(shape) <= LARGEST;
}

/** A layer's name and its one output. */
export function called(name: string): Pick<Layer, 'name' | 'outputs'> {
  return { name, outputs: [name] };
}

/** The layer that writes a value, when nothing else reads it: only such a layer may be changed or renamed. */
export function ownLayer(builder: Builder, value: Activation): Layer | undefined {
  return value.shared ? undefined : builder.layers.find((layer) => layer.name === value.name);
}

/** Whether a tensor is one that no file names: made between two that it does. */
export function isMade(name: string): boolean {
  return /\/(codes|integers|real|pool|column|part|unused\d+)$/.test(name);
}

/** Puts a layer in place of the one that writes `value`. */
export function replaceLayer(builder: Builder, value: Activation, layer: Layer): Activation {
  builder.layers[builder.layers.findIndex((old) => old.name === value.name)] = layer;
  return { ...value, name: layer.name };
}

/** The same value under another name, where the layer that writes it may be renamed. */
export function renamed(builder: Builder, name: string, value: Activation): Activation {
  const place = value.shared ? -1 : builder.layers.findIndex(({ outputs }) => outputs.includes(value.name));
  if (place < 0) return value;
  const layer = builder.layers[place];
  const outputs = layer.outputs.map((output) => (output === value.name ? name : output));
  builder.layers[place] = { ...layer, name: layer.name === value.name ? name : layer.name, outputs };
  return { ...value, name };
}

/** Name of the tensor with a value's real numbers; codes get a dequantize layer, once. */
export function realOf(builder: Builder, value: Activation): string {
  if (value.as === 'real') return value.name;
  if (value.as === 'integers')
    throw new Error(`reads the integers ${value.name} (${value.type}) as real numbers: Cast is missing between`);
  if (value.as === 'codes')
    throw new Error(`reads the codes ${value.name} as numbers: DequantizeLinear is missing between`);
  const name = value.realName ?? `${value.name}/real`;
  if (!builder.layers.some((layer) => layer.name === name))
    builder.layers.push({ op: 'dequantize', ...called(name), inputs: [value.name] });
  return name;
}

/** A layer that moves or compares elements: codes stay codes. */
export function keepingCodes(builder: Builder, x: Activation, layer: (input: string) => Layer): Activation {
  const { as, column } = x;
  if (as === 'codes' || as === 'carried') return push(builder, layer(x.name), [x], { as, column });
  return push(builder, layer(realOf(builder, x)), [realFacts(x)], { column });
}

/** A value as the real numbers that it stands for. */
export function realFacts(x: Activation): Activation {
  return { ...x, as: 'real', quantization: undefined };
}

/** Codes of a real value, or those that it stands for already. @param as how the file holds them */
export function quantized(
  builder: Builder,
  name: string,
  x: Activation,
  q: Quantization,
  as: 'codes' | 'carried',
): Activation {
  if (q.scale.length !== 1) throw new Error(`quantizes activations with ${q.scale.length} scales: one is supported`);
  const known = x.as === 'carried' || x.as === 'dequantized' ? x.quantization : undefined;
  // Codes that were moved while they stood for reals had no name of their own: this is the file's.
  if (known !== undefined && sameMeaning(known, q))
    return { ...(isMade(x.name) ? renamed(builder, name, x) : x), as: 'codes' };
  const layer: Layer = { op: 'quantize', ...called(name), inputs: [realOf(builder, x)], quantization: q };
  return push(builder, layer, [x], { as, column: x.column });
}

/** Whether codes of `known` can be read by who was told `q`: the same numbers, in the same or a wider integer. */
export function sameMeaning(known: Quantization, q: Quantization): boolean {
  const [narrow, wide] = [known.fit.format, q.fit.format];
  const fits =
    narrow.kind === 'int' && wide.kind === 'int' && narrow.signed === wide.signed && narrow.bits <= wide.bits;
  const scales = known.scale.length === q.scale.length && known.scale.every((value, i) => value === q.scale[i]);
  return (fits || narrow.name === wide.name) && scales && known.zeroPoint === q.zeroPoint;
}

export function saturating(format: Format): Fit {
  return fitTo(format, { overflow: 'saturate' });
}

/** Codes clipped to a narrower format: what made them saturates there at once. */
export function narrowed(builder: Builder, name: string, x: Activation, format: Format): Activation {
  const layer = ownLayer(builder, x);
  const narrow = (q: Quantization) => ({ ...q, fit: saturating(format) });
  if (layer?.op === 'quantize') {
    const quantization = narrow(layer.quantization);
    return { ...replaceLayer(builder, x, { ...layer, ...called(name), quantization }), quantization };
  }
  if ((layer?.op === 'conv' || layer?.op === 'dense') && layer.result.kind === 'requantize') {
    const output = narrow(layer.result.output);
    const result = { ...layer.result, output };
    return { ...replaceLayer(builder, x, { ...layer, ...called(name), result }), quantization: output };
  }
  throw new Error(`clips the codes ${x.name} to ${format.name}: only what was just quantized can be clipped`);
}
