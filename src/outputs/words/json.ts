import { type ListSyntax, wordsInList } from './list.js';
import { hexLiteral, readingText, type WordReader } from './reading.js';
import { tokenLines } from './tokens.js';
import type { WordFormat } from './wordFormat.js';

/** RFC 8259's numbers that are whole; text of any number that has bits (a code in hex is no number there). */
const JSON_SYNTAX: ListSyntax = {
  open: '[',
  close: ']',
  trailingComma: false,
  goesOn: false,
  number: (token) =>
    token.startsWith('"') ? token.slice(1, -1) : /^-?(?:0|[1-9]\d*)$/.test(token) ? token : undefined,
};

/** JSON (RFC 8259): an array of words, each an array of codes or, with one lane, a code; whole numbers or "0x1f". */
const readJson: WordReader = (lines, port, file) =>
  wordsInList(tokenLines(lines, [], /[[\]{},:]|"[^"]*"|"|[^\s[\]{},:"]+/g, file), port, file, JSON_SYNTAX);

/** An array of words, each an array of codes in hex. */
export const json: WordFormat = {
  extension: 'json',
  read: readingText(readJson),
  begin: () => '[\n',
  word: (_port, codes, _address, last) =>
    `[${codes.map((code) => `"${hexLiteral(code)}"`).join(', ')}]${last ? '' : ','}\n`,
  end: () => ']\n',
};
