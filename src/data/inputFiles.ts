import { existsSync } from 'node:fs';
import { inputPath } from '../text/packaged.js';
import { didYouMean } from '../text/nearest.js';
import { namesOf } from './ports.js';
import type { PortShape } from './samples.js';

/**
 * The file of each input that `--input NAME=FILE` names; one of them may be a FILE alone, which is then for the only input
 * left.
 * @throws Error with one line that names what the network reads: a name that it has not, one given twice, none or several left
 */
export function inputFiles(words: readonly string[], ports: readonly PortShape[]): Map<PortShape, string> {
  const files = new Map<PortShape, string>();
  const nameless: string[] = [];
  for (const word of words) {
    const port = ports.find(({ name }) => word.startsWith(`${name}=`));
    if (port === undefined) nameless.push(filePart(word, ports));
    else if (files.has(port)) throw new Error(`--input ${word}: "${port.name}" has ${files.get(port)} already`);
    else files.set(port, word.slice(port.name.length + 1));
  }
  if (nameless.length === 0) return files;
  const left = ports.filter((port) => !files.has(port));
  if (left.length !== 1 || nameless.length > 1)
    throw new Error(
      left.length === 0
        ? `--input ${nameless[0]}: the network reads ${namesOf(ports)}, and all of that is given`
        : `--input ${nameless[0]}: say for which input it is, NAME=FILE; the network reads ${namesOf(ports)}`,
    );
  return files.set(left[0], nameless[0]);
}

/** A word without an input's name: a file, whose name may have a =, or a name that no input has. */
function filePart(word: string, ports: readonly PortShape[]): string {
  const name = /^([^=/\\]+)=/.exec(word)?.[1];
  if (name === undefined || existsSync(inputPath(word))) return word;
  const names = ports.map((port) => port.name);
  throw new Error(`--input ${word}: the network reads ${namesOf(ports)}, and no "${name}"${didYouMean(name, names)}`);
}
