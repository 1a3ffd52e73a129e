/**
 * Boolean expressions of liberty files: names, 0 and 1, ! or ' for not, & or * or nothing between for and, | or + for or,
 * ^ for exclusive or, parentheses. Not binds strongest, then exclusive or, and, or (Liberty User Guide, "function").
 */
export type Expression =
  | { kind: 'name'; name: string }
  | { kind: 'constant'; value: boolean }
  | { kind: 'not'; of: Expression }
  | { kind: 'and' | 'or' | 'xor'; left: Expression; right: Expression };

/** Expressions are as deep as this at most; those of cells have few names. */
const MOST_TOKENS = 2000;

/** @throws RangeError quoting the text where it is no expression */
export function parseExpression(text: string): Expression {
  const tokens = text.match(/[A-Za-z_][\w[\]]*|[01]|[!'&*|+^()]/g) ?? [];
  if (tokens.join('') !== text.replace(/\s+/g, '')) throw new RangeError(`"${text}" is no boolean expression`);
  if (tokens.length > MOST_TOKENS)
    throw new RangeError(`an expression of ${tokens.length} names and signs; at most ${MOST_TOKENS} are read`);
  let at = 0;
  const fail = (): never => {
    throw new RangeError(`"${text}" is no boolean expression: found ${tokens[at] ?? 'its end'}`);
  };
  const begins = () => at < tokens.length && /^[A-Za-z_01!(]/.test(tokens[at]);

  function atom(): Expression {
    if (!begins()) fail();
    const token = tokens[at++];
    let made: Expression;
    if (token === '!') made = { kind: 'not', of: atom() };
    else if (token === '(') {
      made = either();
      if (tokens[at] !== ')') fail();
      at++;
    } else if (token === '0' || token === '1') made = { kind: 'constant', value: token === '1' };
    else made = { kind: 'name', name: token };
    for (; tokens[at] === "'"; at++) made = { kind: 'not', of: made };
    return made;
  }
  function series(kind: 'xor' | 'and' | 'or', part: () => Expression, joins: () => boolean): Expression {
    let left = part();
    while (joins()) left = { kind, left, right: part() };
    return left;
  }
  const sign = (signs: string) => () => tokens[at] !== undefined && signs.includes(tokens[at]) && at++ >= 0;
  const differing = () => series('xor', atom, sign('^'));
  const both = () => series('and', differing, () => sign('&*')() || begins());
  const either = (): Expression => series('or', both, sign('|+'));
  const whole = either();
  if (at < tokens.length) fail();
  return whole;
}

/** What it is where each name has a value. */
export function evaluate(expression: Expression, valueOf: (name: string) => boolean): boolean {
  switch (expression.kind) {
    case 'name':
      return valueOf(expression.name);
    case 'constant':
      return expression.value;
    case 'not':
      return !evaluate(expression.of, valueOf);
    default: {
      const [x, y] = [evaluate(expression.left, valueOf), evaluate(expression.right, valueOf)];
      return expression.kind === 'and' ? x && y : expression.kind === 'or' ? x || y : x !== y;
    }
  }
}

/** The names in it, each once. */
export function namesIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'name':
      return [expression.name];
    case 'constant':
      return [];
    case 'not':
      return namesIn(expression.of);
    default:
      return [...new Set([...namesIn(expression.left), ...namesIn(expression.right)])];
  }
}
