import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, lastbit, launcher } from '../cli/command.js';
import { program } from '../programs.js';
import { INSTALLED } from './bench.js';

const root = join(import.meta.dirname, '..', '..');

function make(folder: string, goal: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = program('make', ['-s', '-C', folder, goal]);
  return { status, output: stdout + stderr };
}

describe.skipIf(!INSTALLED.icarus)('lastbit rtl', () => {
  it('a name that is both gives the unit, and the array beside it; both benches pass, and fail on a wrong bit', () => {
    const folder = folderWith();
    const { status, stdout } = lastbit(folder, [
      'rtl',
      'int4',
      '--out',
      'x',
      '--count',
      '500',
      '--k',
      '3',
      '--steps',
      '8',
    ]);
    expect(stdout).toMatch(/^unit int4 in x: \d+ files; "make -C x" simulates\n16 x 16 array of int4, os in x\/mesh: /);
    expect(status).toBe(0);
    expect(make(join(folder, 'x'), 'icarus')).toEqual({ status: 0, output: 'PASS 500 rows\n' });
    expect(make(join(folder, 'x', 'mesh'), 'icarus').output).toMatch(/^PASS 256 sums in \d+ edges\n$/);
    for (const bench of ['x', 'x/mesh'])
      expect(make(join(folder, bench), 'corrupt')).toEqual({
        status: 0,
        output: 'corrupt: the bench fails, as it must\n',
      });
  });

  it('vectors that another command wrote pass on the unit, and not with one bit changed', () => {
    const folder = folderWith();
    lastbit(folder, ['rtl', 'fp8-fp16', '--out', 'x', '--count', '9']);
    lastbit(folder, ['vectors', 'fp8-fp16', '--count', '1000', '--seed', '7', '--out', 'x']);
    expect(make(join(folder, 'x'), 'icarus').output).toBe('PASS 1000 rows\n');
    const path = join(folder, 'x', 'expected.memh');
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[900] = (Number.parseInt(lines[900], 16) ^ 1).toString(16).padStart(4, '0');
    writeFileSync(path, lines.join('\n'));
    const { status, output } = make(join(folder, 'x'), 'icarus');
    expect(status).not.toBe(0);
    expect(output).toMatch(/FAIL address \d+: a=\w+ b=\w+ c=\w+ expected=\w+ got=\w+\nFAIL 1 of 1000 rows\nFATAL: /);
  });

  it('a layer of a network on the array', () => {
    const folder = folderWith();
    const network = join(root, 'models', 'digits-int4.onnx');
    const words = ['rtl', 'int4', '--network', network, '--layer', 'dense2', '--out', 'x', '--count', '9'];
    expect(lastbit(folder, words).stdout).toContain('x/mesh');
    expect(make(join(folder, 'x', 'mesh'), 'icarus').output).toMatch(/^PASS \d+ sums in \d+ edges\n$/);
  });
});

it.skipIf(!INSTALLED.yosys)('--synth counts cells', () => {
  const folder = folderWith();
  const { stdout } = lastbit(folder, ['rtl', 'tpu-v1', '--out', 'x', '--count', '2', '--synth', '--json']);
  const [{ top, synthesis }] = JSON.parse(stdout).rows;
  expect(top).toBe('tpu_v1_unit');
  expect(synthesis.cells).toBeGreaterThan(400);
  expect(Object.values(synthesis.types as Record<string, number>).reduce((sum, count) => sum + count, 0)).toBe(
    synthesis.cells,
  );
});

it('--synth without yosys says what is missing', () => {
  const folder = folderWith();
  const { status, stderr } = program(
    process.execPath,
    [launcher, 'rtl', 'int8', '--out', 'x', '--count', '2', '--steps', '1', '--synth'],
    {
      cwd: folder,
      env: { ...process.env, PATH: folder },
    },
  );
  expect(stderr).toBe(
    'lastbit: yosys cannot be run, and synthesis needs it (Debian: apt-get install yosys; anywhere: npm install @yowasp/yosys)\n',
  );
  expect(status).toBe(2);
});

it.each([
  [
    'blackwell-nvf4',
    [],
    'rtl: datapath blackwell-nvf4 has block scales, and the units take none; leave blockScale out',
  ],
  ['tpu-v1', ['--network', 'x.onnx', '--layer', 'y'], '--layer is for a target; tpu-v1 is a datapath'],
  ['int8', ['--layer', 'y'], '--network and --layer go together'],
  ['int8', ['--k', '0'], '--k must be a whole number of at least 1, found 0'],
])('rtl %s %j is refused in one line', (name, more, line) => {
  const folder = folderWith();
  const { status, stderr } = lastbit(folder, ['rtl', name, '--out', 'x', ...more]);
  expect(stderr).toBe(`lastbit: ${line}\n`);
  expect(status).toBe(2);
});
