import { binary, findFormat, ternary } from '../../../formats/catalog.js';
import { decode, encode, type Fit, fitTo, saturatesWhole } from '../../../formats/codec.js';
import { type Format, widthOf } from '../../../formats/format.js';
import { fromNumber, toNumber } from '../../../formats/raw.js';
import { type NamedRounding, ROUNDINGS } from '../../../formats/rounding.js';
import type { Constant } from './constant.js';
import { elementType } from './element.js';
import type { ProtoInit } from './proto.js';
import { type AttributeValue, attribute, node } from './sheet.js';

/**
 * Quantizers for formats that ONNX has no type for. Their output is real: the values that the codes stand for. Each is
 * a model-local function with a body of standard operators, so that any ONNX runtime opens the file: `BipolarQuant` and
 * `Quant` as QONNX defines them (Pappalardo et al., arXiv 2206.07527), and `Quantize_<format>` in our own domain, which
 * compares with the thresholds between the format's values.
 */
export const QONNX_DOMAIN = 'qonnx.custom_op.general';
export const OWN_DOMAIN = 'lastbit';
/** Domains that hold QONNX's operators: today's, and those of its forerunners. */
const QONNX_DOMAINS = [QONNX_DOMAIN, 'onnx.brevitas', 'finn.custom_op.general'];

export interface LocalQuantizer {
  domain: string;
  opType: string;
  attributes: Readonly<Record<string, AttributeValue>>;
  /** Scalars that follow x and scale. */
  inputs: readonly { name: string; value: number }[];
  define(opset: number): ProtoInit<'FunctionProto'>;
}

/** @throws Error where neither QONNX nor thresholds can express the fit */
export function localQuantizer(fit: Fit): LocalQuantizer {
  const { format } = fit;
  if (format.name === binary.name) return bipolarQuant;
  if (!saturatesWhole(fit) || fit.subnormals !== 'keep' || typeof fit.rounding !== 'string')
    throw new Error(
      `ONNX cannot express ${format.name} that does not saturate (infinities too), flushes subnormals, or rounds stochastically`,
    );
  if (format.name === ternary.name && fit.rounding === 'rne') return integerQuant(2, true, true);
  if (format.kind === 'int' && format.exponent === 0 && fit.rounding === 'rne')
    return integerQuant(format.bits, format.signed, false);
  if (format.name === 'fp16' && fit.rounding === 'rne') return halfQuant;
  if (widthOf(format) > 8) throw new Error(`ONNX has no type for ${format.name}, and thresholds are for up to 8 bits`);
  return thresholdQuant(fit);
}

/** Whether an operator is one of these functions. */
export function isQuantizer(domain: string, opType: string): boolean {
  if (domain === OWN_DOMAIN) return fitOfThresholds(opType) !== undefined;
  return QONNX_DOMAINS.includes(domain) && ['BipolarQuant', 'Quant', 'IntQuant'].includes(opType);
}

/** What a call of a quantizer means, or undefined when the operator is none of ours. `scalars`: values of the inputs after scale. */
export function fitOfCall(
  domain: string,
  opType: string,
  attributes: { signed: number; narrow: number; roundingMode: string },
  scalars: readonly number[],
): Fit | undefined {
  if (domain === OWN_DOMAIN) return fitOfThresholds(opType);
  if (!QONNX_DOMAINS.includes(domain)) return undefined;
  if (opType === 'BipolarQuant') return fitTo(binary, { overflow: 'saturate' });
  if (opType !== 'Quant' && opType !== 'IntQuant') return undefined;
  const { signed, narrow } = attributes;
  const [zeroPoint, bits] = scalars;
  const mode = attributes.roundingMode.toUpperCase();
  if (!Object.hasOwn(QONNX_ROUNDINGS, mode))
    throw new Error(
      `rounds by ${attributes.roundingMode}: ${Object.keys(QONNX_ROUNDINGS).join(' ')} are supported (ROUND is half to even)`,
    );
  // It is added before the rounding here, and after it in ONNX: halves then lie beside other even numbers.
  if (!Number.isInteger(zeroPoint) || (zeroPoint % 2 !== 0 && QONNX_ROUNDINGS[mode] === 'rne'))
    throw new Error(`has the zero point ${zeroPoint}: an even one is supported with ${mode}`);
  const format =
    narrow && signed && bits === 2 && zeroPoint === 0 ? ternary : findFormat(`${signed ? '' : 'u'}int${bits}`);
  if (format === undefined) throw new Error(`asks for ${bits} bits: there are 2 to 64`);
  return fitTo(format, { overflow: 'saturate', rounding: QONNX_ROUNDINGS[mode] });
}

const QONNX_ROUNDINGS: Readonly<Record<string, NamedRounding>> = {
  ...{ ROUND: 'rne', HALF_EVEN: 'rne', CEIL: 'rup', FLOOR: 'rdn', ROUND_TO_ZERO: 'rtz' },
};

function fitOfThresholds(opType: string): Fit | undefined {
  const match = /^Quantize_([a-z0-9]+)(?:_([a-z]+))?$/.exec(opType);
  const format = match === null ? undefined : findFormat(match[1]);
  if (format === undefined) return undefined;
  const rounding = ROUNDINGS.find((name) => name === (match?.[2] ?? 'rne'));
  return rounding === undefined ? undefined : fitTo(format, { overflow: 'saturate', rounding });
}

function scalar(name: string, value: number): ProtoInit<'NodeProto'> {
  return vector(name, new Float32Array([value]), []);
}

function vector(name: string, data: Float32Array, shape: readonly number[] = [data.length]): ProtoInit<'NodeProto'> {
  return node('Constant', [], name, { value: { t: { name: '', type: elementType('FLOAT'), shape, data } } });
}

function functionProto(
  opset: number,
  parts: {
    domain: string;
    name: string;
    input: string[];
    attribute?: string[];
    node: ProtoInit<'NodeProto'>[];
    docString: string;
  },
): ProtoInit<'FunctionProto'> {
  return { ...parts, output: ['y'], opsetImport: [{ domain: '', version: BigInt(opset) }] };
}

const bipolarQuant: LocalQuantizer = {
  domain: QONNX_DOMAIN,
  opType: 'BipolarQuant',
  attributes: {},
  inputs: [],
  define: (opset) =>
    functionProto(opset, {
      domain: QONNX_DOMAIN,
      name: 'BipolarQuant',
      docString: 'y = scale where x >= 0, else -scale',
      input: ['x', 'scale'],
      node: [
        scalar('zero', 0),
        node('GreaterOrEqual', ['x', 'zero'], 'positive'),
        node('Neg', ['scale'], 'minus'),
        node('Where', ['positive', 'scale', 'minus'], 'y'),
      ],
    }),
};

/** The sign layer: +1 at zero, where ONNX's own Sign gives 0. */
export const signFunction = {
  domain: OWN_DOMAIN,
  opType: 'Sign',
  define: (opset: number): ProtoInit<'FunctionProto'> =>
    functionProto(opset, {
      domain: OWN_DOMAIN,
      name: 'Sign',
      docString: 'y = 1 where x >= 0, else -1',
      input: ['x'],
      node: [
        scalar('zero', 0),
        scalar('one', 1),
        scalar('minus', -1),
        node('GreaterOrEqual', ['x', 'zero'], 'positive'),
        node('Where', ['positive', 'one', 'minus'], 'y'),
      ],
    }),
};

function integerQuant(bits: number, signed: boolean, narrow: boolean): LocalQuantizer {
  return {
    domain: QONNX_DOMAIN,
    opType: 'Quant',
    attributes: { signed: Number(signed), narrow: Number(narrow), rounding_mode: 'ROUND' },
    inputs: [
      { name: 'zeropt', value: 0 },
      { name: 'bitwidth', value: bits },
    ],
    define: defineQuant,
  };
}

function flag(name: string): ProtoInit<'NodeProto'>[] {
  const reference = { name: 'value_int', type: attribute('', 0).type, refAttrName: name };
  const constant = { ...node('Constant', [], `${name}_int`), attribute: [reference] };
  return [constant, node('Cast', [`${name}_int`], name, { to: elementType('FLOAT').number })];
}

function defineQuant(opset: number): ProtoInit<'FunctionProto'> {
  return functionProto(opset, {
    domain: QONNX_DOMAIN,
    name: 'Quant',
    docString: 'y = (round(clamp(x / scale + zeropt)) - zeropt) * scale, half to even',
    input: ['x', 'scale', 'zeropt', 'bitwidth'],
    attribute: ['signed', 'narrow', 'rounding_mode'],
    node: [
      ...flag('signed'),
      ...flag('narrow'),
      scalar('one', 1),
      scalar('two', 2),
      // hi = 2^(bits - signed) - 1 - narrow * (1 - signed); lo = signed * (narrow - 2^(bits - signed))
      node('Sub', ['bitwidth', 'signed'], 'magnitude_bits'),
      node('Pow', ['two', 'magnitude_bits'], 'levels'),
      node('Sub', ['one', 'signed'], 'unsigned'),
      node('Mul', ['narrow', 'unsigned'], 'less'),
      node('Sub', ['levels', 'one'], 'top'),
      node('Sub', ['top', 'less'], 'hi'),
      node('Sub', ['narrow', 'levels'], 'bottom'),
      node('Mul', ['signed', 'bottom'], 'lo'),
      node('Div', ['x', 'scale'], 'scaled'),
      node('Add', ['scaled', 'zeropt'], 'shifted'),
      node('Min', ['shifted', 'hi'], 'below'),
      node('Max', ['below', 'lo'], 'clamped'),
      node('Round', ['clamped'], 'rounded'),
      node('Sub', ['rounded', 'zeropt'], 'centred'),
      node('Mul', ['centred', 'scale'], 'y'),
    ],
  });
}

/** QuantizeLinear gives no FLOAT16; Cast does, and nothing is above its largest number where it is clipped before. */
const halfQuant: LocalQuantizer = {
  domain: OWN_DOMAIN,
  opType: 'Quantize_fp16',
  attributes: {},
  inputs: [],
  define: (opset) =>
    functionProto(opset, {
      domain: OWN_DOMAIN,
      name: 'Quantize_fp16',
      docString: 'y = fp16(x / scale) * scale, half to even, saturated',
      input: ['x', 'scale'],
      node: [
        scalar('highest', 65504),
        scalar('lowest', -65504),
        node('Div', ['x', 'scale'], 'scaled'),
        node('Min', ['scaled', 'highest'], 'below'),
        node('Max', ['below', 'lowest'], 'clamped'),
        node('Cast', ['clamped'], 'half', { to: elementType('FLOAT16').number }),
        node('Cast', ['half'], 'rounded', { to: elementType('FLOAT').number }),
        node('Mul', ['rounded', 'scale'], 'y'),
      ],
    }),
};

function thresholdQuant(fit: Fit): LocalQuantizer {
  const { format, rounding } = fit;
  const suffix = rounding === 'rne' || typeof rounding !== 'string' ? '' : `_${rounding}`;
  const opType = `Quantize_${format.name}${suffix}`;
  return {
    domain: OWN_DOMAIN,
    opType,
    attributes: {},
    inputs: [],
    define: (opset) => defineThresholds(fit, opType, opset),
  };
}

function defineThresholds(fit: Fit, name: string, opset: number): ProtoInit<'FunctionProto'> {
  const levels = levelsOf(fit.format);
  const thresholds = Float32Array.from(levels.slice(1), (level) => lowestReaching(level, fit));
  const axis: Constant = { name: '', type: elementType('INT64'), shape: [1], data: new Float64Array([-1]) };
  return functionProto(opset, {
    domain: OWN_DOMAIN,
    name,
    docString: `y = scale * v, v the value of ${fit.format.name} that x / scale is rounded to`,
    input: ['x', 'scale'],
    node: [
      vector('thresholds', thresholds),
      vector('levels', levels),
      node('Constant', [], 'last', { value: { t: axis } }),
      node('Div', ['x', 'scale'], 'scaled'),
      node('Unsqueeze', ['scaled', 'last'], 'column'),
      node('GreaterOrEqual', ['column', 'thresholds'], 'reached'),
      node('Cast', ['reached'], 'ones', { to: elementType('INT64').number }),
      node('ReduceSum', ['ones', 'last'], 'index', { keepdims: 0 }),
      node('Gather', ['levels', 'index'], 'value'),
      node('Mul', ['value', 'scale'], 'y'),
    ],
  });
}

/** The finite values of a format, ascending, each once. */
export function levelsOf(format: Format): Float32Array {
  const codes = Array.from({ length: 2 ** widthOf(format) }, (_, code) => toNumber(decode(format, code)));
  const finite = codes.filter(Number.isFinite).map((value) => value + 0);
  return Float32Array.from(new Set(finite)).sort();
}

/** The least float32 that a fit sends to the level or above, by bisection over the float32 numbers in their order. */
function lowestReaching(level: number, fit: Fit): number {
  const reaches = (x: number) => toNumber(decode(fit.format, encode(fromNumber(x), fit).code)) >= level;
  const largest = 0x7f7fffff;
  let [low, high] = [-largest - 1, largest];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(float32At(middle))) high = middle;
    else low = middle;
  }
  return float32At(high);
}

/** Float32 numbers by rank: 0 at rank 0, the next above at 1, negative ones at negative ranks. */
function float32At(rank: number): number {
  const [magnitude] = new Float32Array(new Uint32Array([Math.abs(rank)]).buffer);
  return rank < 0 ? -magnitude : magnitude;
}
