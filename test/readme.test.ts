import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readme, root, steps, writeFiles } from './readme.js';

/**
 * Runs the README: what its commands print is compared to the letter, in a folder that has the models. A `ts` block is run
 * with the package as `lastbit`; what follows `//` after a line that prints is what it prints.
 */

describe('README', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lastbit-readme-'));
    cpSync(join(root, 'models'), join(folder, 'models'), { recursive: true });
    writeFiles(folder);
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
