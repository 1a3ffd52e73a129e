import { fp32, int } from '../../formats/catalog.js';
import { describeFit } from '../../datapaths/describe.js';
import type { Format } from '../../formats/format.js';
import { oneZeroPoint, type Operand, type Tensor } from '../../networks/tensor.js';
import { type PortBank, bankWriter, portEntries } from './portBank.js';
import type { VectorFormat } from '../words/index.js';
import type { FileSet } from '../files/fileSet.js';
import type { PortEntry, TensorEntry } from './manifest.js';

/** A tensor as the content of a memory: codes in row-major order. */
export interface Image {
  /** Any text; files and C arrays get an identifier made of it. */
  name: string;
  direction: PortEntry['direction'];
  format: Format;
  codes: ArrayLike<number | bigint>;
  meaning: string;
  tensor: TensorEntry;
}

/** Writes images one after another, `pack` codes a word; the last word is filled up with code 0. */
export function writeImages(set: FileSet, format: VectorFormat, pack: number, images: readonly Image[]): PortEntry[] {
  const used = new Set<string>();
  return images.flatMap((image) => {
    const name = identifierOf(image.name, used);
    const depth = Math.ceil(image.codes.length / pack);
    const bank: PortBank = { name, ports: [{ name, format: image.format, lanes: pack }], depth };
    const writer = bankWriter(set, format, bank);
    for (let address = 0; address < depth; address++)
      writer.row([Array.from({ length: pack }, (_, lane) => BigInt(image.codes[address * pack + lane] ?? 0))]);
    writer.end();
    const { direction, meaning, tensor } = image;
    return portEntries(bank, format, () => ({ direction, meaning, tensor }));
  });
}

/** Letters, digits and underscores, and not the same twice. */
function identifierOf(text: string, used: Set<string>): string {
  const base = text.replace(/\W+/g, '_').replace(/^(?=\d|$)/, '_');
  let name = base;
  for (let i = 2; used.has(name); i++) name = `${base}_${i}`;
  used.add(name);
  return name;
}

/** The shape without a batch of one image, which is all that a memory of it holds. */
function shapeOf({ shape }: Tensor): readonly number[] {
  return shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape;
}

/** An activation: its codes, or where it is real its float32 bits. */
export function activation(name: string, tensor: Tensor, rest: Pick<Image, 'direction' | 'meaning'>): Image {
  if (tensor.kind === 'integers')
    throw new RangeError(`tensor ${name} holds ${tensor.type}; golden vectors are of real numbers and codes`);
  return { ...imageOf(name, tensor, shapeOf(tensor), name), ...rest };
}

/** Weights as the network stores them: [filters, channels / groups, r, s] or [outputs, inputs]. */
export function weights(layer: string, tensor: Operand): Image {
  const image = imageOf(`${layer}_weights`, tensor, tensor.shape, layer);
  return { ...image, direction: 'in', meaning: 'weights, output channels first' };
}

function imageOf(name: string, tensor: Operand, shape: readonly number[], layer: string) {
  if (tensor.kind === 'float') return { ...reals(name, tensor.data, layer), tensor: { shape: [...shape], layer } };
  const { fit, scale, axis } = tensor.quantization;
  const scales = { scale: [...scale], ...(scale.length > 1 && { axis }) };
  return {
    name,
    format: fit.format,
    codes: tensor.data,
    tensor: {
      shape: [...shape],
      layer,
      ...scales,
      zeroPoint: oneZeroPoint(tensor.quantization),
      fit: describeFit(fit),
    },
  };
}

/** One number for each output channel: float32 bits, or integers in 32 bits. */
export function vector(name: string, data: Float32Array | Int32Array, layer: string, meaning: string): Image {
  const image = data instanceof Float32Array ? reals(name, data, layer) : integers(name, data, layer);
  return { ...image, direction: 'in', meaning };
}

function reals(name: string, data: Float32Array, layer: string) {
  const codes = new Uint32Array(data.buffer, data.byteOffset, data.length);
  return { name, format: fp32, codes, tensor: { shape: [data.length], layer } };
}

function integers(name: string, data: Int32Array, layer: string) {
  const codes = new Uint32Array(data.buffer, data.byteOffset, data.length);
  return { name, format: int(32), codes, tensor: { shape: [data.length], layer } };
}
