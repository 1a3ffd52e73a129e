import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vitest/node';
import { expect, it } from 'vitest';

/** A program that is waited for without limit holds up all tests where it hangs. */
const STARTS = ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'exec', 'execSync', 'fork'];
/** They end their processes themselves: an answer or a mutant that does not come in time. */
const OWN_CLOCK = ['cli/answering.js', 'mutants/try.js', 'long/mutated/pool.ts'];

interface Node {
  type: string;
  start: number;
  end: number;
  callee?: { name?: string };
}

function callsIn(node: Node): Node[] {
  const below = Object.values(node).flat() as unknown[];
  const nodes = below.filter((each): each is Node => typeof (each as Node | undefined)?.type === 'string');
  const own = node.type === 'CallExpression' && STARTS.includes(node.callee?.name ?? '') ? [node] : [];
  return [...own, ...nodes.flatMap(callsIn)];
}

it('every program that a test starts has a time limit', () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const tests = files.filter((file) => /\.[tj]s$/.test(file) && !/^(bench|oracle)\//.test(file));
  const unlimited: string[] = [];
  let calls = 0;
  for (const file of tests.filter((file) => !OWN_CLOCK.includes(file))) {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8');
    for (const { start, end } of callsIn(parseAst(text, { lang: 'ts' }))) {
      calls++;
      if (!/\btimeout\b|, options\)$/.test(text.slice(start, end)))
        unlimited.push(`${file}: ${text.slice(start, end)}`);
    }
  }
  expect(unlimited).toEqual([]);
  expect(calls).toBeGreaterThan(15);
});
