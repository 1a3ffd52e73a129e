import { type Constant, readConstant } from './constant.js';
import { ATTRIBUTE_TYPES, type Proto } from './proto.js';

type Attribute = Proto<'AttributeProto'>;
type Field = keyof typeof ATTRIBUTE_TYPES;

/**
 * A node with typed access to its attributes. It remembers what was asked for: `finish` refuses whatever its reader has
 * not looked at, so that no reader can pass over what changes the result.
 */
export interface NodeReader {
  /** Empty where the file gives it none. */
  name: string;
  opType: string;
  domain: string;
  /** Version of the operators of `domain` that the model asks for. */
  opset: number;
  inputs: readonly string[];
  output: string;
  /** Names of all outputs; the operators here write the first. */
  outputs: readonly string[];
  int(name: string, absent: number): number;
  /** An attribute that is 0 or 1. */
  flag(name: string, absent: boolean): boolean;
  ints(name: string, absent: readonly number[]): readonly number[];
  float(name: string, absent: number): number;
  floats(name: string): readonly number[];
  string(name: string, absent: string): string;
  strings(name: string): readonly string[];
  /** The attribute `value`. */
  constant(): Constant | undefined;
  /** An attribute that is there and holds a tensor. */
  tensor(name: string): Constant;
  has(name: string): boolean;
  /** Attributes that change nothing here; the caller says why. */
  ignore(...names: string[]): void;
  /** An input is looked at. */
  take(index: number): string;
  /** @throws Error naming an attribute or an input that nobody looked at */
  finish(): void;
}

export function nodeReader(proto: Proto<'NodeProto'>, opset: number): NodeReader {
  const attributes = new Map<string, Attribute>();
  for (const attribute of proto.attribute) {
    if (attributes.has(attribute.name)) throw new Error(`has the attribute ${attribute.name} twice`);
    attributes.set(attribute.name, attribute);
  }
  const asked = new Set<string>();
  const taken = new Set<number>();
  const find = (name: string, field: Field) => {
    asked.add(name);
    const attribute = attributes.get(name);
    if (attribute !== undefined) checkType(attribute, field);
    return attribute;
  };
  const whole = (name: string, absent: number) => {
    const attribute = find(name, 'i');
    return attribute === undefined ? absent : Number(attribute.i);
  };
  return {
    name: proto.name,
    opType: proto.opType,
    domain: domainOf(proto),
    opset,
    inputs: proto.input,
    output: proto.output[0],
    outputs: proto.output,
    int: whole,
    flag(name, absent) {
      const value = whole(name, Number(absent));
      if (value === 0 || value === 1) return value === 1;
      throw new Error(`has ${name} = ${value}: it is 0 or 1`);
    },
    ints: (name, absent) => find(name, 'ints')?.ints.map(Number) ?? absent,
    float: (name, absent) => find(name, 'f')?.f ?? absent,
    floats: (name) => find(name, 'floats')?.floats ?? [],
    string(name, absent) {
      const attribute = find(name, 's');
      return attribute === undefined ? absent : new TextDecoder().decode(attribute.s);
    },
    strings: (name) => find(name, 'strings')?.strings.map((word) => new TextDecoder().decode(word)) ?? [],
    has: (name) => attributes.has(name),
    constant() {
      const tensor = find('value', 't')?.t;
      return tensor === undefined ? undefined : readConstant(tensor, proto.output[0]);
    },
    tensor(name) {
      const held = find(name, 't')?.t;
      if (held === undefined) throw new Error(`has no ${name}`);
      return readConstant(held, proto.output[0]);
    },
    ignore: (...names) => names.forEach((name) => asked.add(name)),
    take(index) {
      taken.add(index);
      return proto.input[index] ?? '';
    },
    finish() {
      for (const [name, attribute] of attributes)
        if (!asked.has(name))
          throw new Error(`has ${name} = ${valueOf(attribute)}, an attribute that is not supported`);
      const more = proto.input.findIndex((name, index) => name !== '' && !taken.has(index));
      if (more >= 0) throw new Error(`has ${proto.input[more]} as input ${more + 1}, which is not supported`);
    },
  };
}

/** The standard's operators have the domain '', which may be spelled out. */
export function domainOf({ domain }: { domain: string }): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** Type 0 is that of files older than the field. */
function checkType(attribute: Attribute, field: Field): void {
  const { name, type, refAttrName } = attribute;
  if (refAttrName !== '') throw new Error(`has ${name} = ${refAttrName} of a function around it, and there is none`);
  if (type === 0 || type === ATTRIBUTE_TYPES[field]) return;
  throw new Error(`has ${name} = ${valueOf(attribute)}, where ${KINDS[field]} is expected`);
}

const KINDS: Record<Field, string> = {
  f: 'a real number',
  i: 'an integer',
  s: 'a string',
  t: 'a tensor',
  g: 'a graph',
  floats: 'a list of real numbers',
  ints: 'a list of integers',
  strings: 'a list of strings',
};

/** For messages. */
function valueOf(attribute: Attribute): string {
  const text = new TextDecoder();
  switch (attribute.type) {
    case ATTRIBUTE_TYPES.f:
      return String(attribute.f);
    case ATTRIBUTE_TYPES.i:
      return String(attribute.i);
    case ATTRIBUTE_TYPES.s:
      return JSON.stringify(text.decode(attribute.s));
    case ATTRIBUTE_TYPES.floats:
      return `[${attribute.floats.join(' ')}]`;
    case ATTRIBUTE_TYPES.ints:
      return `[${attribute.ints.join(' ')}]`;
    case ATTRIBUTE_TYPES.strings:
      return `[${attribute.strings.map((item) => JSON.stringify(text.decode(item))).join(' ')}]`;
    case ATTRIBUTE_TYPES.t:
      return 'a tensor';
    case ATTRIBUTE_TYPES.g:
      return 'a graph';
    default:
      return `something of type ${attribute.type}`;
  }
}
