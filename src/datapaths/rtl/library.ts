import { readFileSync } from 'node:fs';

/** A file of a hardware description. */
export interface RtlFile {
  name: string;
  text: string;
}

const LIBRARY = /\blastbit_[a-z0-9_]+/g;

/** The library's files that the texts instantiate, and those that these need, by name. */
export function modulesFor(texts: readonly string[]): RtlFile[] {
  const found = new Map<string, string>();
  const open = texts.flatMap(modulesIn);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    const text = readFileSync(new URL(`${name}.sv`, import.meta.url), 'utf8');
    found.set(name, text);
    open.push(...modulesIn(text));
  }
  return [...found.keys()].sort().map((name) => ({ name: `${name}.sv`, text: found.get(name) as string }));
}

/** Module names in the code, not in its comments. */
function modulesIn(text: string): string[] {
  return text.replace(/\/\/.*$/gm, '').match(LIBRARY) ?? [];
}
