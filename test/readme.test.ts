import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * Runs the README. A `console` block holds commands (lines that start with `$ `) and what they print; it is run in a
 * folder that has the models, and what it prints is compared to the letter. A block `yaml name` or `csv name` is a file
 * of that name in the folder. A `ts` block is run with the package as `lastbit`; what follows `//` after a line that
 * prints is what it prints.
 */
const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

interface Step {
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

const steps = [...readme.matchAll(/```console\n([\s\S]*?)```/g)].flatMap((match) => stepsOf(match[1]));

describe('README', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lastbit-readme-'));
    cpSync(join(root, 'models'), join(folder, 'models'), { recursive: true });
    for (const [, name, text] of readme.matchAll(/```(?:yaml|csv) (\S+)\n([\s\S]*?)```/g))
      writeFileSync(join(folder, name), text);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has commands to run', () => expect(steps.length).toBeGreaterThan(5));

  it.each(steps)('$command', ({ command, output }) => {
    const own = command.replaceAll('npx lastbit', `${process.execPath} ${join(root, 'src/cli/lastbit.js')}`);
    const result = spawnSync('bash', ['-c', own], { cwd: folder, encoding: 'utf8' });
    expect(`${result.stdout}${result.stderr}`).toBe(output);
  });

  it.each([...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]))('%s', (block) => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules', 'lastbit'));
    writeFileSync(join(folder, 'block.mjs'), block);
    const wanted = [...block.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(wanted.length).toBeGreaterThan(5);
    const { stdout, stderr } = spawnSync(process.execPath, ['block.mjs'], { cwd: folder, encoding: 'utf8' });
    expect(stderr + stdout).toBe(`${wanted.join('\n')}\n`);
  });

  it('names only scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});
