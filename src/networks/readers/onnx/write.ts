import { integerCode } from '../../integers.js';
import { factsOf, inputsOf, tensorOf } from '../../facts.js';
import type {
  BatchNormLayer,
  ConvLayer,
  DenseLayer,
  Layer,
  LayerOf,
  Network,
  Op,
  PoolLayer,
  SignLayer,
} from '../../network.js';
import { entryOf } from '../../operators/index.js';
import { oneZeroPoint, type TensorFacts } from '../../tensor.js';
import { elementType, type ElementType, irVersionOf } from './element.js';
import { signFunction } from './functions.js';
import { encodeModel, type ProtoInit } from './proto.js';
import { emit, FLOAT, INT8, type Sheet, store, UINT8, type Written } from './sheet.js';
import { ELEMENTS } from './storedTensor.js';
import { asBytes, define, writeDequantize, writeQuantize } from './writeCodes.js';
import { writeGeneral } from './writeGeneral.js';
import { writeMac } from './writeMac.js';

/** QuantizeLinear with a scale for each channel came with opset 13; nothing here needs an older one. */
const LOWEST_OPSET = 13;
/** Who the file says has written it. */
export const PRODUCER = 'lastbit';

/**
 * A network as an ONNX file, the same bytes each time. `requantize` layers become QLinearConv, `dequantize` layers Conv
 * or Gemm between QuantizeLinear and DequantizeLinear; formats without an ONNX type go through model-local functions.
 * Opset and IR version are as low as the types allow.
 * @throws Error naming the layer where ONNX cannot say what it does
 */
export function writeOnnx(network: Network): Uint8Array {
  const facts = factsOf(network);
  const written = (name: string, type?: ElementType): Written => {
    const { shape, quantization, type: own, open } = tensorOf(facts, name, 'output');
    const isOpen = open !== undefined;
    return {
      name,
      type: type ?? elementOf(own),
      shape,
      ...(quantization && { quantization }),
      ...(isOpen && { isOpen }),
    };
  };
  const inputs = network.inputs.map(({ name }) => written(name));
  const sheet: Sheet = {
    nodes: [],
    initializers: [],
    functions: new Map(),
    opset: LOWEST_OPSET,
    domains: new Set(),
    tensors: new Map(inputs.map((input) => [input.name, input])),
    layers: network.layers,
    names: new Set(inputs.map(({ name }) => name)),
  };
  for (const layer of network.layers) {
    const type = writeLayer(sheet, layer, inputsOf(layer, sheet.tensors));
    for (const output of layer.outputs) sheet.tensors.set(output, written(output, type));
    nameNode(sheet, layer);
  }
  const outputs = network.outputs.map((name) => tensorOf(sheet.tensors, name, 'output'));
  return encodeModel(modelOf(network, sheet, inputs, outputs));
}

function elementOf(type: TensorFacts['type'] = 'float32'): ElementType {
  return elementType(ELEMENTS[type] ?? type.toUpperCase());
}

/** The node that writes what a layer does has the name that the layer's node had in the file that it was read from. */
function nameNode({ nodes }: Sheet, { name, node }: Layer): void {
  const last = nodes[nodes.length - 1];
  if (node !== undefined && last?.output?.[0] === name) nodes[nodes.length - 1] = { ...last, name: node };
}

function modelOf(
  network: Network,
  sheet: Sheet,
  inputs: readonly Written[],
  outputs: readonly Written[],
): ProtoInit<'ModelProto'> {
  const { opset } = sheet;
  const own = [...sheet.functions.keys()].map((key) => key.split(' ')[0]);
  const domains = [...new Set([...own, ...sheet.domains])].sort();
  const info = (tensor: Written) => valueInfo(tensor, network.batch === 'free');
  return {
    irVersion: BigInt(irVersionOf(opset)),
    producerName: PRODUCER,
    opsetImport: [{ domain: '', version: BigInt(opset) }, ...domains.map((domain) => ({ domain, version: 1n }))],
    graph: {
      name: network.name,
      node: sheet.nodes,
      initializer: sheet.initializers,
      input: inputs.map(info),
      output: outputs.map(info),
    },
    metadataProps: Object.entries(network.metadata).map(([key, value]) => ({ key, value })),
    functions: [...sheet.functions].map(([, define]) => define(opset)),
  };
}

/** @param free whether the first axis is as long as one likes */
function valueInfo({ name, type, shape, isOpen }: Written, free: boolean): ProtoInit<'ValueInfoProto'> {
  if (isOpen === true) return { name, type: { tensorType: { elemType: type.number } } };
  const dim = shape.map((length, i) => (i === 0 && free ? { dimParam: 'N' } : { dimValue: BigInt(length) }));
  return { name, type: { tensorType: { elemType: type.number, shape: { dim } } } };
}

/** Writes nodes whose last one writes the layer's outputs, and gives the element type of that; undefined where facts say it. */
interface Writer<L extends Layer = Layer> {
  write(sheet: Sheet, layer: L, sources: readonly Written[]): ElementType | undefined;
}

/** An operator that ONNX has for real numbers only. */
const real = <L extends Layer>(write: (sheet: Sheet, layer: L, inputs: string[]) => void): Writer<L> => ({
  write(sheet, layer, sources) {
    const { name, op } = layer;
    const codes = sources.find((tensor) => tensor.quantization !== undefined);
    if (codes !== undefined)
      throw new Error(
        `layer ${name} (${op}) reads the codes ${codes.name}: ONNX has ${op} for real numbers only, so dequantize first`,
      );
    write(
      sheet,
      layer,
      sources.map((tensor) => tensor.name),
    );
    return FLOAT;
  },
});

/** An operator that runs on codes as they are: from tensor x to tensor y. */
const moving = <L extends Layer>(
  write: (sheet: Sheet, layer: L, x: string, y: string, source: Written) => string,
): Writer<L> => ({
  write: (sheet, layer, [source]) => overCodes(sheet, source, layer.name, (x, y) => write(sheet, layer, x, y, source)),
});

const product: Writer<ConvLayer | DenseLayer> = {
  write: (sheet, layer, [source]) => writeMac(sheet, layer, source),
};

/** How each operator is written, or why ONNX cannot say it. */
const WRITERS: { readonly [O in Op]: Writer<LayerOf<O>> | { refused: string } } = {
  add: real((sheet, { name }, inputs) => emit(sheet, 'Add', inputs, name)),
  averagePool: real((sheet, layer, inputs) => emit(sheet, 'AveragePool', inputs, layer.name, windowOf(layer))),
  batchNorm: real((sheet, layer, [input]) => writeBatchNorm(sheet, layer, input)),
  choose: { refused: 'branches would be graphs of their own, which are not written' },
  conv: product,
  dense: product,
  dequantize: {
    write(sheet, { name }, [source]) {
      writeDequantize(sheet, source, name);
      return FLOAT;
    },
  },
  general: { write: writeGeneral },
  flatten: moving((sheet, _, x, y) => emit(sheet, 'Flatten', [x], y)),
  maxPool: moving((sheet, layer, x, y) => emit(sheet, 'MaxPool', [x], y, windowOf(layer))),
  quantize: { write: (sheet, { name, quantization }, [{ name: x }]) => writeQuantize(sheet, x, name, quantization) },
  relu: moving((sheet, _, x, y, source) => writeRelu(sheet, source, x, y)),
  sign: real((sheet, layer, inputs) => writeSign(sheet, layer, inputs)),
  softmax: real((sheet, { name }, inputs) => emit(sheet, 'Softmax', inputs, name, { axis: 1 })),
};

function writeLayer(sheet: Sheet, layer: Layer, sources: readonly Written[]): ElementType | undefined {
  const entry = entryOf<Writer | { refused: string }>(WRITERS, layer);
  if ('write' in entry) return entry.write(sheet, layer, sources);
  throw new Error(`layer ${layer.name} (${layer.op}) cannot be written as ONNX: ${entry.refused}`);
}

/** ONNX's Sign where a zero stays one; else a function of our own. */
function writeSign(sheet: Sheet, { name, ofZero }: SignLayer, inputs: string[]): void {
  if (ofZero === 0) {
    emit(sheet, 'Sign', inputs, name);
    return;
  }
  define(sheet, signFunction);
  emit(sheet, signFunction.opType, inputs, name, {}, signFunction.domain);
}

function windowOf(layer: PoolLayer): Record<string, readonly number[]> {
  return { kernel_shape: layer.kernel, strides: layer.stride, pads: layer.pad };
}

/** With mean 0, variance 1 and epsilon 0, BatchNormalization is scale and shift. */
function writeBatchNorm(sheet: Sheet, { name, scale, shift }: BatchNormLayer, input: string): void {
  const vector = (part: string, data: Float32Array) => store(sheet, `${name}/${part}`, FLOAT, [data.length], data);
  // Mean times scale is taken off the shift: a shift of -0 stays one where that is +0.
  const means = scale.map((factor, c) => (factor < 0 && Object.is(shift[c], -0) ? -0 : 0));
  const zeros = vector('mean', means);
  const ones = vector('variance', new Float32Array(scale.length).fill(1));
  emit(sheet, 'BatchNormalization', [input, vector('scale', scale), vector('shift', shift), zeros, ones], name, {
    epsilon: { f: 0 },
  });
}

/**
 * Operators that only move or compare elements run on codes, but ONNX has them for bytes and reals alone. Narrower
 * integers go on as bytes; floats are cast before and after, which is exact.
 */
function overCodes(sheet: Sheet, source: Written, name: string, write: (x: string, y: string) => string): ElementType {
  const { type, quantization } = source;
  const format = quantization?.fit.format;
  if (type === FLOAT || format === undefined) {
    write(source.name, name);
    return FLOAT;
  }
  if (format.kind === 'int' && format.bits <= 8) {
    write(asBytes(sheet, source), name);
    return format.signed ? INT8 : UINT8;
  }
  emit(sheet, 'Cast', [write(castToFloat(sheet, source), `${name}/wide`)], name, { to: type.number });
  return type;
}

function castToFloat(sheet: Sheet, source: Written): string {
  const name = `${source.name}/float`;
  return sheet.names.has(name) ? name : emit(sheet, 'Cast', [source.name], name, { to: FLOAT.number });
}

/** Codes of integers are held above the zero point; for floats, and reals, that is zero. */
function writeRelu(sheet: Sheet, source: Written, x: string, y: string): string {
  const format = source.quantization?.fit.format;
  if (format?.kind === 'table' && !format.values.includes(0))
    throw new Error(`layer ${y} is a ReLU over codes of ${format.name}, which has no zero`);
  if (source.type === FLOAT && quantizesBeyondBytes(sheet)) {
    const zero = store(sheet, `${y}/zero`, FLOAT, [], new Float32Array(1));
    return emit(sheet, 'Max', [x, zero], y);
  }
  if (format?.kind !== 'int' || source.type === FLOAT) return emit(sheet, 'Relu', [x], y);
  const zeroPoint = source.quantization === undefined ? 0 : oneZeroPoint(source.quantization);
  const zero =
    format.bits > 8
      ? store(sheet, `${y}/zero`, FLOAT, [], new Float32Array([zeroPoint]))
      : store(
          sheet,
          `${y}/zero`,
          format.signed ? INT8 : UINT8,
          [],
          Uint8Array.of(integerCode(zeroPoint, format, `the zero point of ${y}`)),
        );
  return emit(sheet, 'Max', [x, zero], y);
}

/**
 * ONNX Runtime 1.30 drops a Relu before QuantizeLinear where the zero point's bytes are those of the lowest integer: right
 * for bytes, wrong for float8 and int4 (seen: logits off by 3). It leaves Max alone.
 */
function quantizesBeyondBytes({ layers }: Sheet): boolean {
  return layers.some((layer) => {
    if (layer.op !== 'quantize') return false;
    const { format } = layer.quantization.fit;
    return format.kind !== 'int' || format.bits !== 8;
  });
}
