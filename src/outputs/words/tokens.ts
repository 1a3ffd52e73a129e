import type { Line } from './reading.js';

/** A comment (or another stretch that holds no word): to its closing mark, or to the end of the line. */
export interface Comment {
  from: string;
  to?: string;
}

/** The tokens of one line of a file. */
export interface TokenLine {
  tokens: readonly string[];
  /** From 1. */
  number: number;
}

/**
 * The tokens of a text, line by line, so that memory stays flat. Comments part tokens as white space does; within one, the
 * marks of others mean nothing.
 * @param token matches every kind of token, with the flag `g`; it should match all that is no white space
 * @throws Error `file:line: ...` where a comment is never closed
 */
export async function* tokenLines(
  lines: AsyncIterable<Line>,
  comments: readonly Comment[],
  token: RegExp,
  file: string,
): AsyncGenerator<TokenLine> {
  let inside: (Comment & { line: number }) | undefined;
  for await (const { text, number } of lines) {
    let rest = text;
    let kept = '';
    while (rest !== '') {
      if (inside === undefined) {
        const { at, comment } = firstOf(comments, rest);
        kept += `${rest.slice(0, at)} `;
        if (comment?.to === undefined) break;
        inside = { ...comment, line: number };
        rest = rest.slice(at + comment.from.length);
      } else {
        const end = rest.indexOf(inside.to as string);
        if (end < 0) break;
        rest = rest.slice(end + (inside.to as string).length);
        inside = undefined;
      }
    }
    yield { tokens: kept.match(token) ?? [], number };
  }
  if (inside !== undefined)
    throw new Error(`${file}:${inside.line}: what begins with ${inside.from} is never closed by ${inside.to}`);
}

/** The comment that begins first; at the end of the text where there is none. */
function firstOf(comments: readonly Comment[], text: string): { at: number; comment?: Comment } {
  let first: { at: number; comment?: Comment } = { at: text.length };
  for (const comment of comments) {
    const at = text.indexOf(comment.from);
    if (at >= 0 && at < first.at) first = { at, comment };
  }
  return first;
}
