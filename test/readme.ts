import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The README as tests run it. A `console` block holds commands (lines that start with `$ `) and what they print. A block
 * `yaml name` or `csv name` is a file of that name.
 */
export const root = join(import.meta.dirname, '..');
export const readme = readFileSync(join(root, 'README.md'), 'utf8');

export interface Step {
  command: string;
  output: string;
}

function stepsOf(block: string): Step[] {
  const steps: Step[] = [];
  for (const line of block.split('\n').slice(0, -1)) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: '' });
    else (steps.at(-1) as Step).output += `${line}\n`;
  }
  return steps;
}

export const steps = [...readme.matchAll(/```console\n([\s\S]*?)```/g)].flatMap((match) => stepsOf(match[1]));

/** Writes the README's files into a folder. */
export function writeFiles(folder: string): void {
  for (const [, name, text] of readme.matchAll(/```(?:yaml|csv) (\S+)\n([\s\S]*?)```/g))
    writeFileSync(join(folder, name), text);
}
