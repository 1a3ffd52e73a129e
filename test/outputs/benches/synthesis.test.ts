import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { synthesise } from '../../../src/outputs/benches/synthesis.js';
import { announceTo } from '../../../src/outputs/files/file.js';
import { folderWith } from '../../cli/command.js';

const FILES = [
  { name: 'a.sv', text: 'module a; endmodule\n' },
  { name: 'b.sv', text: 'module b; endmodule\n' },
];

/** A yosys that notes what it is asked for and where, and then does what is said. */
function yosysThat(body: string): { asked: () => string[]; begun: string[] } {
  const folder = folderWith();
  writeFileSync(join(folder, 'yosys'), `#!/bin/sh\n(pwd; ls; printf '%s\\n' "$@") > "${folder}/asked"\n${body}\n`);
  chmodSync(join(folder, 'yosys'), 0o755);
  const before = process.env.PATH;
  const begun: string[] = [];
  announceTo(({ kind, begun: isBegun }) => begun.push(`${kind} ${isBegun}`));
  onTestFinished(() => {
    process.env.PATH = before;
    announceTo(undefined);
  });
  process.env.PATH = `${folder}${delimiter}${before}`;
  return { asked: () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n'), begun };
}

const STATISTICS = `
=== part ===
   Number of cells:                  7
     $_AND_                          7

=== top ===
   Number of cells:                 15
     $_AND_                          3
     $_SDFF_PP0_                    12
     part                            2
`;

it('cells are those of the whole, which comes last, by their types', async () => {
  const { asked, begun } = yosysThat(`cat > stat.txt <<'E'${STATISTICS}E\necho a warning >&2`);
  expect(await synthesise(FILES, 'top')).toEqual({ cells: 15, types: { $_AND_: 3, $_SDFF_PP0_: 12 } });
  const [folder, ...rest] = asked();
  expect(rest).toEqual([
    'a.sv',
    'b.sv',
    '-q',
    '-p',
    'read_verilog -sv *.sv; synth -flatten -top top; check -assert; tee -q -o stat.txt stat',
  ]);
  expect(() => readdirSync(folder)).toThrow('ENOENT');
  expect(begun).toEqual(['scratch true', 'process true', 'process false', 'scratch false']);
  await synthesise(FILES, 'top', false);
  expect(asked().at(-1)).toContain('; synth -top top; ');
});

it('what it refuses is said with the last line of its complaint', async () => {
  const { asked, begun } = yosysThat('echo first >&2; echo second >&2; echo "ERROR: no top" >&2; exit 1');
  await expect(synthesise(FILES, 'top')).rejects.toThrow(/^yosys refuses top: ERROR: no top$/);
  expect(() => readdirSync(asked()[0])).toThrow('ENOENT');
  expect(begun.slice(-2)).toEqual(['process false', 'scratch false']);
  yosysThat('exit 3');
  await expect(synthesise(FILES, 'top')).rejects.toThrow(/^yosys refuses top: $/);
});

/** A working folder with a package @yowasp/yosys of this code in it, and no program in the path. */
function packageThat(code: string): { folder: string; begun: string[] } {
  const { begun } = yosysThat('exit 1');
  const folder = folderWith();
  const place = join(folder, 'node_modules/@yowasp/yosys');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{"type": "module", "exports": {"default": "./own.js"}}');
  writeFileSync(join(place, 'own.js'), `import { writeFileSync } from 'node:fs';\n${code}`);
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder);
  onTestFinished(() => cwd.mockRestore());
  process.env.PATH = folder;
  return { folder, begun };
}

const NEITHER =
  'yosys cannot be run, and synthesis needs it (Debian: apt-get install yosys; anywhere: npm install @yowasp/yosys)';

describe('where there is no program yosys', () => {
  it('the package @yowasp/yosys of the working folder is taken, on the same files', async () => {
    const { folder, begun } = packageThat('');
    const notes = join(folder, 'notes.json');
    writeFileSync(
      join(folder, 'node_modules/@yowasp/yosys/own.js'),
      `import { writeFileSync } from 'node:fs';
      export async function runYosys(args, files) {
        writeFileSync(${JSON.stringify(notes)}, JSON.stringify({ args, files, cwd: process.cwd() }));
        return { ...files, 'stat.txt': ${JSON.stringify(STATISTICS)} };
      }`,
    );
    expect(await synthesise(FILES, 'top')).toEqual({ cells: 15, types: { $_AND_: 3, $_SDFF_PP0_: 12 } });
    const { args, files, cwd } = JSON.parse(readFileSync(notes, 'utf8')) as Record<string, unknown>;
    expect(args).toEqual([
      '-q',
      '-p',
      'read_verilog -sv *.sv; synth -flatten -top top; check -assert; tee -q -o stat.txt stat',
    ]);
    expect(files).toEqual(Object.fromEntries(FILES.map(({ name, text }) => [name, text])));
    expect(() => readdirSync(String(cwd))).toThrow('ENOENT');
    expect(begun).toEqual(['scratch true', 'process true', 'process false', 'scratch false']);
  });

  it.each([
    [
      'what it refuses is said',
      'export function runYosys() { console.error("ERROR: no top"); throw Object.assign(new Error("Exited"), { code: 1 }); }',
      /^yosys refuses top: ERROR: no top$/,
    ],
    [
      'one that cannot be read is named',
      'import "nothing-of-this-name";',
      /^yosys refuses top: .*nothing-of-this-name/,
    ],
    ['one of another kind is named', 'export const other = 1;', /^yosys refuses top: file:.*own.js has no runYosys$/],
  ])('%s', async (_what, code, message) => {
    packageThat(code);
    await expect(synthesise(FILES, 'top')).rejects.toThrow(message);
  });

  it('and no package, both ways to get it are said', async () => {
    const { folder } = packageThat('');
    rmSync(join(folder, 'node_modules'), { recursive: true });
    await expect(synthesise(FILES, 'top')).rejects.toThrow(NEITHER);
  });
});
