/**
 * The syntax of liberty files, whatever they describe (Liberty User Guide, 2017.06): statements `name : value;`,
 * `name (arguments);` and groups `name (arguments) { statements }`.
 */
export interface Group {
  kind: string;
  args: string[];
  /** Where it begins, from 1. */
  line: number;
  /** Attributes by name, in the order of the file; of a simple one the value is the only argument. */
  attributes: Map<string, string[][]>;
  groups: Group[];
}

/** One word, sign or string at a time; white space, comments and lines continued by a backslash lie between. */
const TOKEN =
  /(?:\s|\\[ \t]*\r?\n|\/\*[^]*?\*\/|\/\/[^\n]*)*(?:"((?:[^"\\]|\\[^])*)"|([(){}:;,])|((?:[^\s(){}:;,"/]+|\/(?!\*))+)|$)/y;

/** Groups in groups are read so deep; files of cells have less than 10. */
const MOST_DEPTH = 100;

interface Token {
  text: string;
  /** Of strings and words the value, of signs undefined. */
  value?: string;
  at: number;
}

class Tokens {
  private at = 0;
  private next: Token | undefined;
  private readonly counted = { at: 0, line: 1 };
  readonly text: string;
  readonly file: string;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  /** Asked in the order of the text, so that each of its lines is counted once. */
  lineOf(at: number): number {
    for (
      let end = this.text.indexOf('\n', this.counted.at);
      end >= 0 && end < at;
      end = this.text.indexOf('\n', end + 1)
    ) {
      this.counted.line++;
      this.counted.at = end + 1;
    }
    return this.counted.line;
  }

  fail(token: Token, expected: string): never {
    const found = token.text === '' ? 'the file ends' : `found ${token.text.slice(0, 30).replace(/\s+/g, ' ')}`;
    throw new RangeError(`${this.file}, line ${this.lineOf(token.at)}: ${found}, expected ${expected}`);
  }

  peek(): Token {
    if (this.next === undefined) {
      TOKEN.lastIndex = this.at;
      const match = TOKEN.exec(this.text);
      if (match === null)
        this.fail(
          { text: this.text.slice(this.at).trim(), at: this.at },
          'a word, or a string or comment that is closed',
        );
      const [whole, quoted, sign, word] = match;
      const text = sign ?? word ?? (quoted === undefined ? '' : `"${quoted}"`);
      this.next = {
        text,
        at: this.at + whole.length - text.length,
        // A string goes on behind a backslash at the end of its line.
        value: sign === undefined ? (quoted?.replace(/\\[ \t]*\r?\n/g, ' ') ?? word) : undefined,
      };
      this.at += whole.length;
    }
    return this.next;
  }

  take(): Token {
    const token = this.peek();
    this.next = undefined;
    return token;
  }

  /** Takes a sign where it stands. */
  takes(sign: string): boolean {
    const { text, value } = this.peek();
    if (value !== undefined || text !== sign) return false;
    this.next = undefined;
    return true;
  }

  expect(sign: string): void {
    if (!this.takes(sign)) this.fail(this.peek(), sign);
  }
}

/** @throws RangeError naming file and line where the text is cut short or no liberty file */
export function parseLiberty(text: string, file: string): Group {
  const tokens = new Tokens(text, file);
  const first = tokens.peek();
  if (first.value !== 'library') tokens.fail(first, 'library (NAME) {');
  const whole: Group = { kind: '', args: [], line: 1, attributes: new Map(), groups: [] };
  statement(tokens, whole);
  const rest = tokens.peek();
  if (rest.text !== '') tokens.fail(rest, 'the end');
  if (whole.groups.length === 0) tokens.fail(rest, 'library (NAME) {');
  return whole.groups[0];
}

function statement(tokens: Tokens, into: Group, depth = 0): void {
  const name = tokens.take();
  if (depth > MOST_DEPTH) tokens.fail(name, `no more than ${MOST_DEPTH} groups in one another`);
  if (name.value === undefined) tokens.fail(name, 'the name of an attribute');
  const note = (args: string[]) => {
    const known = into.attributes.get(name.value as string);
    if (known === undefined) into.attributes.set(name.value as string, [args]);
    else known.push(args);
  };
  if (tokens.takes(':')) {
    // A value may be an expression of several words: all up to the end of the statement, or of its line where none is set.
    const parts: string[] = [];
    while (!tokens.takes(';')) {
      const { value, at, text } = tokens.peek();
      if (value === undefined || (parts.length > 0 && tokens.text.lastIndexOf('\n', at) > name.at)) {
        if (parts.length > 0 && text !== '') break;
        tokens.fail(tokens.peek(), `a value of ${name.value}`);
      }
      parts.push(tokens.take().value as string);
    }
    if (parts.length === 0) tokens.fail(name, `a value of ${name.value}`);
    return note([parts.join(' ')]);
  }
  tokens.expect('(');
  const args: string[] = [];
  while (!tokens.takes(')')) {
    if (tokens.takes(',')) continue;
    const { value } = tokens.peek();
    if (value === undefined) tokens.fail(tokens.peek(), ')');
    args.push(tokens.take().value as string);
  }
  if (!tokens.takes('{')) {
    tokens.takes(';');
    return note(args);
  }
  const group: Group = { kind: name.value, args, line: tokens.lineOf(name.at), attributes: new Map(), groups: [] };
  while (!tokens.takes('}')) {
    if (tokens.takes(';')) continue;
    if (tokens.peek().text === '') tokens.fail(tokens.peek(), `} of ${name.value} (${args.join(', ')})`);
    statement(tokens, group, depth + 1);
  }
  tokens.takes(';');
  into.groups.push(group);
}

/** The one value of an attribute; undefined where it is not given. */
export function valueOf(group: Group, name: string): string | undefined {
  return group.attributes.get(name)?.at(-1)?.[0];
}

export const groupsOf = (group: Group, kind: string): Group[] => group.groups.filter((each) => each.kind === kind);

/** The numbers of a list, which liberty writes as strings of several or as arguments. */
export function numbersOf(args: readonly string[]): number[] {
  const words = args.flatMap((each) => each.split(/[\s,]+/));
  return words.filter((word) => word !== '').map(Number);
}

const quoted = (value: string) => (/^[\w.+-]+$/.test(value) ? value : `"${value.replace(/\s+/g, ' ')}"`);

/** Text that reads as the same group. */
export function printLiberty({ kind, args, attributes, groups }: Group, indent = ''): string {
  const inner = `${indent}  `;
  const lines = [...attributes].flatMap(([name, all]) =>
    all.map((values) =>
      values.length === 1 && !COMPLEX.has(name)
        ? `${inner}${name} : ${quoted(values[0])};`
        : `${inner}${name} (${values.map(quoted).join(', ')});`,
    ),
  );
  const body = [...lines, ...groups.map((group) => printLiberty(group, inner))].join('\n');
  return `${indent}${kind} (${args.map(quoted).join(', ')}) {\n${body}\n${indent}}`;
}

/** Attributes that take arguments also where they are given one. */
const COMPLEX = new Set(['values', 'index_1', 'index_2', 'index_3', 'technology', 'define_group', 'library_features']);
