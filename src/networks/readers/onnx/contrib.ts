import { OWN_DOMAIN } from './functions.js';
import { domainOf } from './node.js';
import type { GraphStep } from './order.js';
import { changed, type Proto } from './proto.js';

/**
 * Operators of ONNX Runtime's own domain that are the standard's under its name, or several of the standard's in one, as
 * its graph optimisations write them: they are read as those.
 */

type NodeProto = Proto<'NodeProto'>;

const DOMAIN = 'com.microsoft';

/** By name, the opset whose operator it is. */
const STANDARD: Readonly<Record<string, number>> = {
  ...{ DequantizeLinear: 21, QuantizeLinear: 21, GatherND: 13, GridSample: 16, Pad: 13, Range: 11, Trilu: 14 },
};

/** What a node becomes: each reads what the one before it writes, and the last writes what the node did. */
type Parts = (node: NodeProto) => readonly Part[];

interface Part {
  opType: string;
  /** The standard's where it is left out. */
  domain?: string;
  /** Inputs that come after the result of the part before; of the first part all. */
  input?: readonly string[];
  attribute?: NodeProto['attribute'];
}

const COMPOSED: Readonly<Record<string, Parts>> = {
  FusedConv(node) {
    const { activation, rest } = activated(node);
    const [x, w, b = '', z = ''] = node.input;
    const sum: Part[] = z === '' ? [] : [{ opType: 'Add', input: [z] }];
    return [{ opType: 'Conv', input: b === '' ? [x, w] : [x, w, b], attribute: rest }, ...sum, ...activation];
  },
  Attention(node) {
    const [x, w, b = '', mask = '', past = '', bias = ''] = node.input;
    const sum: Part[] = b === '' ? [] : [{ opType: 'Add', input: [b] }];
    return [{ opType: 'MatMul', input: [x, w] }, ...sum, selfAttention(node, mask, past, bias)];
  },
  QAttention(node) {
    const [x, w, b, xScale, wScale, mask = '', xZero = '', wZero = '', past = ''] = node.input;
    const product = { opType: 'MatMulIntegerToFloat', domain: DOMAIN, input: [x, w, xScale, wScale, xZero, wZero, b] };
    return [product, selfAttention(node, mask, past)];
  },
  FusedGemm(node) {
    const { activation, rest } = activated(node);
    return [{ opType: 'Gemm', input: node.input, attribute: rest }, ...activation];
  },
};

/** What comes of queries, keys and values that lie side by side. */
function selfAttention(node: NodeProto, ...input: string[]): Part {
  return { opType: 'SelfAttention', domain: OWN_DOMAIN, input, attribute: node.attribute };
}

/** The names of composed operators and of synonyms, for lists. */
export const CONTRIB_OPERATORS: readonly string[] = [...Object.keys(STANDARD), ...Object.keys(COMPOSED)];

/** Parameters of activations by the order that `activation_params` has them in. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  ...{ LeakyRelu: ['alpha'], HardSigmoid: ['alpha', 'beta'], Clip: ['min', 'max'] },
};

/** The activation that a node names, and the attributes that are not about it. */
function activated({ attribute }: NodeProto): { activation: Part[]; rest: NodeProto['attribute'] } {
  const rest = attribute.filter(({ name }) => !name.startsWith('activation'));
  const named = attribute.find(({ name }) => name === 'activation');
  if (named === undefined) return { activation: [], rest };
  const opType = new TextDecoder().decode(named.s);
  const listed = attribute.find(({ name }) => name === 'activation_params')?.floats ?? [];
  const single = ['alpha', 'beta', 'gamma'].map((name) => attribute.find((each) => each.name === `activation_${name}`));
  const given = PARAMETERS[opType] ?? [];
  const parameters = given.flatMap((name, i) => {
    const f = listed[i] ?? single[i]?.f;
    return f === undefined ? [] : [changed(named, { name, f, type: FLOAT })];
  });
  return { activation: [{ opType, attribute: parameters }], rest };
}

const FLOAT = 1;

/** The steps that a step of that domain stands for; itself where it is no such. */
export function standardSteps(step: GraphStep): readonly GraphStep[] {
  const { node, opsets } = step;
  if (domainOf(node) !== DOMAIN) return [step];
  if (Object.hasOwn(STANDARD, node.opType))
    return [{ node: changed(node, { domain: '' }), opsets: at(opsets, STANDARD[node.opType]) }];
  if (!Object.hasOwn(COMPOSED, node.opType)) return [step];
  const parts = COMPOSED[node.opType](node);
  const named = (i: number) => (i === parts.length - 1 ? node.output : [`${node.output[0]}/${i}/part`]);
  return parts.map(({ opType, domain = '', input = [], attribute = [] }, i) => ({
    // Bounds of a Clip were attributes until opset 11.
    opsets: opType === 'Clip' ? at(opsets, 10) : opsets,
    node: changed(node, {
      ...{ opType, domain, attribute },
      input: i === 0 ? [...input] : [...named(i - 1), ...input],
      output: named(i),
    }),
  }));
}

function at(opsets: ReadonlyMap<string, number>, opset: number): ReadonlyMap<string, number> {
  return new Map([...opsets, ['', opset]]);
}
