import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * README.md and the pages of docs/ as tests run them. A `console` block holds commands (lines that start with `$ `) and
 * what they print; a block `yaml name`, `csv name` or `json name` is a file of that name beside them; a `ts` block is a
 * program; a `diff` block is a change to the project's own files.
 */
export const root = join(import.meta.dirname, '..');

export interface Block {
  /** The word behind the fence; empty where there is none. */
  kind: string;
  /** The second word: a file's name. */
  name?: string;
  text: string;
}

export interface Step {
  command: string;
  output: string;
}

export interface Page {
  /** From the root: docs/units.md. */
  name: string;
  text: string;
  blocks: readonly Block[];
  steps: readonly Step[];
}

const FENCED = /^```(\S*)(?: (\S+))?\n([\s\S]*?)^```$/gm;

function stepsOf(block: string): Step[] {
  const steps: Step[] = [];
  for (const line of block.split('\n').slice(0, -1)) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: '' });
    else (steps.at(-1) as Step).output += `${line}\n`;
  }
  return steps;
}

function pageOf(name: string): Page {
  const text = readFileSync(join(root, name), 'utf8');
  const blocks = [...text.matchAll(FENCED)].map(([, kind, file, body]): Block => ({ kind, name: file, text: body }));
  const steps = blocks.filter(({ kind }) => kind === 'console').flatMap((block) => stepsOf(block.text));
  return { name, text, blocks, steps };
}

const documents = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));

/** The README first, then the pages of docs/ by name. */
export const pages: readonly Page[] = ['README.md', ...documents.sort().map((name) => `docs/${name}`)].map(pageOf);

/** The README's own text and steps. */
export const { text: readme, steps } = pages[0];

/** What is outside the blocks of a page, where links and commands within lines stand. */
export function proseOf({ text }: Page): string {
  return text.replace(FENCED, '');
}

/** Writes a page's files into a folder. */
export function writeFiles(folder: string, { blocks }: Page = pages[0]): void {
  for (const { name, text } of blocks) if (name !== undefined) writeFileSync(join(folder, name), text);
}
