import { isInstalled, program } from '../programs.js';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { candidatesFor } from '../../src/cli/candidates.js';
import { nameOf } from '../../src/cli/command.js';
import { folderWith, launcher, lastbit } from './command.js';

const wordsFor = async (...words: string[]) => (await candidatesFor(words)).map(([word]) => word);

describe('candidates', () => {
  it('commands, options that were not given yet, choices, names of catalogues', async () => {
    expect(await wordsFor('')).toEqual(COMMANDS.map(nameOf));
    expect(await wordsFor('ru')).toEqual(['run']);
    expect(await wordsFor('run', 'net.onnx', '--tar')).toEqual(['--target']);
    expect(await wordsFor('run', '--target', 'int8', '--ta')).toEqual([]);
    expect(await wordsFor('run', '--target', 'fp8-')).toEqual(['fp8-fp16', 'fp8-fp32']);
    expect(await wordsFor('cycles', 'x.csv', '--dataflow', '')).toEqual(['os', 'ws', 'is']);
    expect(await wordsFor('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await wordsFor('convert', '--from', 'e4m3f')).toEqual(expect.arrayContaining(['e4m3fn', 'e4m3fnuz']));
  });

  it('nothing where a file is wanted, or a command is unknown, so that the shell offers files', async () => {
    expect(await wordsFor('sweep', 's')).toEqual([]);
    expect(await wordsFor('swep', 's')).toEqual([]);
  });

  it.each(COMMANDS.map(nameOf))('%s: every option is offered once', async (name) => {
    const command = await (COMMANDS.find((entry) => nameOf(entry) === name) as (typeof COMMANDS)[number]).load();
    const offered = await wordsFor(name, '--');
    expect(new Set(offered).size).toBe(offered.length);
    for (const word of offered) expect(Object.keys(command.options)).toContain(word.slice(2));
  });
});

/** Runs a shell that knows `lastbit`, with its own completion script loaded. */
function shell(name: string, script: string): string {
  const folder = folderWith();
  writeFileSync(join(folder, 'lastbit'), `#!/bin/sh\nexec ${process.execPath} ${launcher} "$@"\n`);
  chmodSync(join(folder, 'lastbit'), 0o755);
  const { stdout, stderr, status } = program(name, ['-c', script], {
    cwd: folder,
    env: { ...process.env, HOME: folder, PATH: `${folder}:${process.env.PATH}` },
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

describe('scripts', () => {
  it('bash', () => {
    const script = `eval "$(lastbit completion bash)"
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lastbit; echo "\${COMPREPLY[@]}"; }
      try lastbit ru; try lastbit run --target fp8-; try lastbit sweep x`;
    expect(shell('bash', script)).toBe('run\nfp8-fp16 fp8-fp32\n\n');
  });

  it.skipIf(!isInstalled('zsh'))('zsh', () => {
    const script = `compdef() { :; }; _describe() { print -l -- \${(P)2}; }; _files() { print files; }
      eval "$(lastbit completion zsh)"
      words=(lastbit run --target fp8-); CURRENT=4; _lastbit
      words=(lastbit sweep x); CURRENT=3; _lastbit`;
    expect(shell('zsh', script)).toBe('fp8-fp16:\nfp8-fp32:\nfiles\n');
  });

  it.skipIf(!isInstalled('fish'))('fish', () => {
    const script = `lastbit completion fish | source; complete -C "lastbit run --target fp8-"; complete -C "lastbit completion "`;
    expect(shell('fish', script)).toBe('fp8-fp16\nfp8-fp32\nbash\nfish\nzsh\n');
  });
});

it('an unknown shell is refused', () => {
  expect(lastbit(folderWith(), ['completion', 'tcsh'])).toEqual({
    status: 2,
    stdout: '',
    stderr: 'lastbit: <shell> is one of bash, zsh, fish, found "tcsh"; did you mean "bash"?\n',
  });
});
