import { type Document, isMap, isNode, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { didYouMean } from './nearest.js';

/**
 * Files that people write (YAML, and so JSON too), checked by a schema. A mistake is reported as `file:line:column:
 * field: what is wrong and what would do`.
 */
export function readDocument<S extends z.ZodType>(text: string, file: string, schema: S): z.output<S> {
  const lines = new LineCounter();
  const document = parsed(text, file, lines);
  const values = valuesOf(document, file);
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const other = otherKind(values, schema);
  if (other !== undefined) throw new Error(`${file}: ${other}`);
  const issue = innermost(foremost(result.error.issues));
  const field = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new Error(`${placeIn(file, lines, offsetOf(document, issue))}: ${field}${messageOf(issue, document)}`);
}

function placeIn(file: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}

/** @throws Error with the first thing that is no YAML, or has no meaning here */
function parsed(text: string, file: string, lines: LineCounter): Document {
  if (/[\0\ufffd]/.test(text)) throw new Error(`${file} is not a text in UTF-8: it should be YAML or JSON`);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, stringKeys: true });
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) throw new Error(`${placeIn(file, lines, error.pos[0])}: ${saidOf(error)}`);
  if (document.contents === null) throw new Error(`${file} is empty: it should be a record of fields`);
  visit(document, {
    Alias(_, alias, path) {
      const named = alias.resolve(document);
      if (named !== undefined && path.includes(named))
        throw new Error(`${placeIn(file, lines, startOf(alias))}: *${alias.source} stands inside what it names`);
    },
  });
  return document;
}

function saidOf({ code, message }: Document['errors'][number] | Document['warnings'][number]): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here: keep one to a file, without a line "---" inside';
  if (code === 'NON_STRING_KEY') return 'the name of a field must be a string';
  if (/call stack/.test(message)) return 'records and lists are nested too deeply here';
  return message.replace(/\s*\n\s*/g, ' ');
}

/** @throws Error where an alias has no anchor, or too many of them multiply */
function valuesOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const message = (error as Error).message;
    if (/Excessive alias/.test(message))
      throw new Error(`${file}: its aliases (*name) stand for too many values`, { cause: error });
    throw new Error(`${file}: ${message}`, { cause: error });
  }
}

/** Fields by which the kinds of files are known. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  datapath: ['a', 'b', 'lanes', 'combine', 'sum', 'product'],
  target: ['array', 'datapath', 'memories', 'clockMhz', 'energy'],
  sweep: ['networks', 'datapaths', 'rows', 'cols', 'reference'],
};

/** What to say of a file that is one of another kind than the schema's; undefined where it is not. */
function otherKind(values: unknown, schema: z.ZodType): string | undefined {
  const shape = 'shape' in schema && typeof schema.shape === 'object' ? (schema.shape ?? {}) : {};
  const wanted = Object.keys(KINDS).find((kind) => KINDS[kind].every((field) => field in shape));
  if (wanted === undefined || typeof values !== 'object' || values === null) return undefined;
  const shared = (kind: string) => KINDS[kind].filter((field) => field in values && !(field in shape)).length;
  const there = Object.keys(KINDS).find((kind) => shared(kind) >= 2);
  return (
    there &&
    `this is a ${there} (it has ${KINDS[there].filter((f) => f in values).join(', ')}), and a ${wanted} is wanted here`
  );
}

/** A field that does not exist comes first: what seems to be missing may be just that, misspelt. */
function foremost(issues: readonly Issue[]): Issue {
  const [first] = issues;
  const unknown = issues.find(
    ({ code, path }) => code === 'unrecognized_keys' && path.join('.') === first.path.slice(0, -1).join('.'),
  );
  return first.code === 'invalid_type' && unknown !== undefined ? unknown : first;
}

type Issue = z.core.$ZodIssue;

/** In a union, the branch that the writer meant: the one that agrees on the kind of value, or got furthest. */
function innermost(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const meant = issue.errors.find(([first]) => first !== undefined && !isOtherKind(first));
  if (meant === undefined) return issue;
  const inner = foremost(meant);
  return innermost({ ...inner, path: [...issue.path, ...inner.path] });
}

function isOtherKind({ code, path }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value' || code === 'invalid_format');
}

function valueAt(document: Document, path: readonly PropertyKey[]): unknown {
  const node = document.getIn(path, true);
  return isNode(node) ? node.toJS(document) : node;
}

function messageOf(issue: Issue, document: Document): string {
  const found = valueAt(document, issue.path);
  if (issue.code === 'unrecognized_keys') return issue.message;
  if (found === undefined)
    return /expected nonoptional/.test(issue.message) ? 'is missing' : `is missing; ${reworded(issue.message)}`;
  const shown = shortened(textOf(found));
  if (issue.code === 'invalid_union' && typeof found === 'string')
    return `${reworded(issue.message)}, found ${shown}${didYouMean(found, namesIn(issue))}`;
  if (issue.code === 'invalid_value' && typeof found === 'string')
    return `${shown} is not one of ${issue.values.join(', ')}${didYouMean(found, issue.values.map(String))}`;
  return typeof found === 'string' && issue.message.includes(shown)
    ? issue.message
    : `${reworded(issue.message)}, found ${shown}`;
}

/** The names that the branches of a union know. */
function namesIn(issue: Extract<Issue, { code: 'invalid_union' }>): string[] {
  return issue.errors.flat().flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []));
}

/** As JSON, with the numbers that JSON has not as YAML writes them. */
function textOf(found: unknown): string {
  return JSON.stringify(found, (_, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? `<${unboundedText(value)}>` : (value as unknown),
  ).replace(/"<(-?\.\w+)>"/g, '$1');
}

const unboundedText = (value: number) => (Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf');

const SHOWN = 80;

function shortened(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
}

const NOUNS: Record<string, string> = {
  int: 'a whole number',
  array: 'a list',
  object: 'a record',
  boolean: 'true or false',
};

function plainList(names: string, separator: string): string {
  return names
    .split(separator)
    .map((name) => name.replace(/^(["'])(.*)\1$/, '$2'))
    .join(', ');
}

/** The schema library's wording in ours. */
function reworded(text: string): string {
  return text
    .replace(/^Invalid input: expected (\w+)(, received -?\w+)?$/, (_, kind) => `must be ${NOUNS[kind] ?? `a ${kind}`}`)
    .replace(/^Invalid input: expected ("[^"]*"|\d+)$/, 'must be $1')
    .replace(/^Invalid input$/, 'has none of the forms that a value may have here')
    .replace(/^Invalid option: expected one of (.*)$/, (_, names) => `must be one of ${plainList(names, '|')}`)
    .replace(/^Invalid discriminator value\. Expected (.*)$/, (_, names) => `must be one of ${plainList(names, ' | ')}`)
    .replace(/^Invalid string: must match pattern /, 'must match ')
    .replace(/^Too small: expected string to have >=1 characters$/, 'must not be empty')
    .replace(/^Too (?:small|big): expected string to have exactly (\d+) characters$/, 'must have $1 characters')
    .replace(/^Too small: expected array to have >=?\s*(\d+) items$/, 'must have $1 or more')
    .replace(/^Too big: expected array to have <=?\s*(\d+) items$/, 'must have $1 or fewer')
    .replace(/^Too small: expected \w+ to be >\s*([^=\s]\S*)$/, 'must be greater than $1')
    .replace(/^Too big: expected \w+ to be <\s*([^=\s]\S*)$/, 'must be less than $1')
    .replace(/^Too small: expected \w+ to be >=?\s*(\S+)$/, 'must be at least $1')
    .replace(/^Too big: expected \w+ to be <=?\s*(\S+)$/, 'must be at most $1')
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

/** Where the issue's value stands; an unknown key's own place; for a missing field the record that lacks it. */
function offsetOf(document: Document, issue: Issue): number {
  if (issue.code === 'unrecognized_keys') {
    const map = document.getIn(issue.path, true);
    const pair = isMap(map) ? map.items.find((item) => String(item.key) === issue.keys[0]) : undefined;
    const key = pair?.key;
    if (isNode(key)) return startOf(key);
  }
  for (let depth = issue.path.length; depth > 0; depth--) {
    const node = document.getIn(issue.path.slice(0, depth), true);
    if (isNode(node)) return startOf(node);
  }
  return startOf(document.contents);
}

/** Every node of a text that was read has a range. */
function startOf(node: { range?: readonly number[] | null } | null): number {
  const [start = 0] = node?.range ?? [];
  return start;
}

/** A record with these fields and no others; an unknown one is named, with the nearest that exists. */
export function record<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'invalid_type') return `must be a record with ${Object.keys(shape).join(', ')}`;
      if (issue.code !== 'unrecognized_keys') return undefined;
      const [key] = issue.keys;
      return `there is no field "${key}" here${didYouMean(key, Object.keys(shape)) || ';'} the fields are ${Object.keys(shape).join(', ')}`;
    },
  });
}
