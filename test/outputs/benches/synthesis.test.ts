import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
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

it('where there is none, that is said', async () => {
  const before = process.env.PATH;
  onTestFinished(() => {
    process.env.PATH = before;
  });
  process.env.PATH = folderWith();
  await expect(synthesise(FILES, 'top')).rejects.toThrow(
    'yosys cannot be run, and synthesis needs it (Debian: apt-get install yosys)',
  );
});
