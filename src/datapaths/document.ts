import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { didYouMean } from '../formats/nearest.js';

/**
 * Files that people write (YAML, and so JSON too), checked by a schema. A mistake is reported as `file:line:column:
 * field: what is wrong and what would do`.
 */
export function readDocument<S extends z.ZodType>(text: string, file: string, schema: S): z.output<S> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    const message = error.code === 'MULTIPLE_DOCS' ? SECOND_DOCUMENT : error.message.replace(/\s*\n\s*/g, ' ');
    throw new Error(`${file}:${line}:${col}: ${message}`);
  }
  if (document.contents === null) throw new Error(`${file} is empty: it should be a record of fields`);
  const result = schema.safeParse(valuesOf(document, file));
  if (result.success) return result.data;
  const issue = innermost(result.error.issues[0]);
  const { line, col } = lines.linePos(offsetOf(document, issue));
  const field = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new Error(`${file}:${line}:${col}: ${field}${messageOf(issue, document)}`);
}

const SECOND_DOCUMENT = 'a second document begins here: keep one to a file, without a line "---" inside';

/** @throws Error where an alias has no anchor, or too many of them multiply */
function valuesOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

type Issue = z.core.$ZodIssue;

/** In a union, the branch that the writer meant: the one that agrees on the kind of value, or got furthest. */
function innermost(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const meant = issue.errors.find(([first]) => first !== undefined && !isOtherKind(first));
  if (meant === undefined) return issue;
  return innermost({ ...meant[0], path: [...issue.path, ...meant[0].path] });
}

function isOtherKind({ code, path }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}

function valueAt(document: Document, path: readonly PropertyKey[]): unknown {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? node.toJS(document) : node;
}

function messageOf(issue: Issue, document: Document): string {
  const found = valueAt(document, issue.path);
  if (issue.code === 'unrecognized_keys') return issue.message;
  if (found === undefined) return `is missing; ${reworded(issue.message)}`;
  const shown = shortened(JSON.stringify(found));
  if (issue.code === 'invalid_value' && typeof found === 'string')
    return `${shown} is not one of ${issue.values.join(', ')}${didYouMean(found, issue.values.map(String))}`;
  return typeof found === 'string' && issue.message.includes(shown)
    ? issue.message
    : `${reworded(issue.message)}, found ${shown}`;
}

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

/** The schema library's wording in ours. */
function reworded(text: string): string {
  return text
    .replace(/^Invalid input: expected (\w+)(, received \w+)?$/, (_, kind) => `must be ${NOUNS[kind] ?? `a ${kind}`}`)
    .replace(/^Too small: expected array to have >=?\s*(\d+) items$/, 'must have $1 or more')
    .replace(/^Too big: expected array to have <=?\s*(\d+) items$/, 'must have $1 or fewer')
    .replace(/^Too small: expected \w+ to be >=?\s*(\S+)$/, 'must be at least $1')
    .replace(/^Too big: expected \w+ to be <=?\s*(\S+)$/, 'must be at most $1')
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

/** Where the issue's value stands; an unknown key's own place; for a missing field the record that lacks it. */
function offsetOf(document: Document, issue: Issue): number {
  if (issue.code === 'unrecognized_keys') {
    const map = issue.path.length === 0 ? document.contents : document.getIn(issue.path, true);
    const pair = isMap(map) ? map.items.find((item) => String(item.key) === issue.keys[0]) : undefined;
    const key = pair?.key;
    if (isNode(key)) return key.range?.[0] ?? 0;
  }
  for (let depth = issue.path.length; depth > 0; depth--) {
    const node = document.getIn(issue.path.slice(0, depth), true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return document.contents?.range?.[0] ?? 0;
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
