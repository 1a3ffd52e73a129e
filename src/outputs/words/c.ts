import { type ListSyntax, wordsInList } from './list.js';
import { hexLiteral, type Line, readingText, storageBytes, type WordReader } from './reading.js';
import { type TokenLine, tokenLines } from './tokens.js';
import type { WordFormat } from './wordFormat.js';

/** C11 6.4.4.1, with C23's binary constants and digit separators: a leading 0 is octal. */
const C_SYNTAX: ListSyntax = {
  open: '{',
  close: '}',
  trailingComma: true,
  goesOn: true,
  number(token) {
    const plain = token.replaceAll("'", '').replace(/(?<=[\da-f])(?:u(?:ll?)?|ll?u?)$/i, '');
    if (!/^-?0\d/.test(plain)) return plain;
    const octal = /^(-?)0([0-7]+)$/.exec(plain);
    return octal === null ? undefined : `${octal[1]}0o${octal[2]}`;
  },
};

const C_COMMENTS = [{ from: '//' }, { from: '/*', to: '*/' }, { from: '"', to: '"' }];

/** A C header (C11 6.7.9): the first array that is initialised in it, of words or, with one lane, of codes. */
const readC: WordReader = (lines, port, file) =>
  wordsInList(
    fromList(tokenLines(withoutDirectives(lines), C_COMMENTS, /[{}[\]()=,;]|[^\s{}[\]()=,;]+/g, file)),
    port,
    file,
    C_SYNTAX,
  );

async function* withoutDirectives(lines: AsyncIterable<Line>): AsyncGenerator<Line> {
  for await (const { text, number } of lines) yield { text: /^\s*#/.test(text) ? '' : text, number };
}

/** What follows the first `= {`, that brace included. */
async function* fromList(lines: AsyncIterable<TokenLine>): AsyncGenerator<TokenLine> {
  let found = false;
  let afterEquals = false;
  for await (const { tokens, number } of lines) {
    let from: number = found ? 0 : tokens.length;
    for (let i = 0; !found && i < tokens.length; i++) {
      if (afterEquals && tokens[i] === '{') [found, from] = [true, i];
      afterEquals = tokens[i] === '=';
    }
    yield { tokens: tokens.slice(from), number };
  }
}

/** A C header with one constant array [words][lanes]. */
export const c: WordFormat = {
  extension: 'h',
  read: readingText(readC),
  begin: (port, depth) =>
    `#include <stdint.h>\n\nstatic const uint${storageBytes(port) * 8}_t ${port.name}[${depth}][${port.lanes}] = {\n`,
  word: (port, codes) => `  {${codes.map((code) => cLiteral(code, storageBytes(port))).join(', ')}},\n`,
  end: () => '};\n',
};

function cLiteral(code: bigint, bytes: number): string {
  return `${hexLiteral(code)}${bytes === 8 ? 'ull' : 'u'}`;
}
