import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** Each with the argument why no input can tell it from the program. */
export const EQUIVALENT = parse(readFileSync(fileURLToPath(new URL('equivalent.yaml', import.meta.url)), 'utf8'));

/** By the file, the text of the line and the change: lines move. */
export function isEquivalent({ path, text, mutant: { before, after } }) {
  return EQUIVALENT.some((known) => known.file === path && known.line === text && known.before === before && known.after === after);
}
