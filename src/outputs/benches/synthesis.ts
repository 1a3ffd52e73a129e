import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RtlFile } from '../../datapaths/rtl/index.js';
import { begin, end } from '../files/begun.js';

/** What synthesis to generic gates gave. */
export interface Synthesis {
  cells: number;
  /** Cells by type: `$_AND_`, `$_XOR_`, `$_SDFF_PP0_`, ... */
  types: Readonly<Record<string, number>>;
}

/**
 * Synthesises a module to yosys's generic gates, with its checks: no library, no timing, so cells are a measure to compare
 * units by and no area. A unit is flattened first; an array is not, so that its PE is synthesised once.
 * @throws Error with one line when yosys is missing, or refuses the design
 */
export async function synthesise(files: readonly RtlFile[], top: string, flatten = true): Promise<Synthesis> {
  const script = `read_verilog -sv *.sv; synth ${flatten ? '-flatten ' : ''}-top ${top}; check -assert; tee -q -o stat.txt stat`;
  return inScratch(files, top, script, (folder) => counted(readFileSync(join(folder, 'stat.txt'), 'utf8')));
}

/** What mapping onto a library needs beside the cells. */
export interface Mapping {
  /** Liberty text of the cells to take. */
  liberty: string;
  /** The cell that drives the inputs, and femtofarads on the outputs: abc sizes cells by them. */
  driver: string;
  load: number;
}

/**
 * Maps a module, flattened, onto the cells of a library: the netlist as yosys writes it (JSON).
 * @throws Error with one line when yosys is missing, or refuses the design or the library
 */
export async function mapped(
  files: readonly RtlFile[],
  top: string,
  { liberty, driver, load }: Mapping,
): Promise<string> {
  const constraints = `set_driving_cell ${driver}\nset_load ${load} [all_outputs]\n`;
  const all = [...files, { name: 'cells.lib', text: liberty }, { name: 'abc.constr', text: constraints }];
  const steps = [
    `read_verilog -sv *.sv; hierarchy -check -top ${top}; synth -flatten -top ${top}; check -assert`,
    'read_liberty -lib -ignore_miss_func cells.lib; dfflibmap -liberty cells.lib',
    'abc -liberty cells.lib -constr abc.constr; setundef -zero; opt_clean -purge; check -assert; write_json mapped.json',
  ];
  return inScratch(all, top, steps.join('; '), (folder) => readFileSync(join(folder, 'mapped.json'), 'utf8'));
}

/** Runs yosys on some files in a folder of its own. */
async function inScratch<T>(
  files: readonly RtlFile[],
  top: string,
  script: string,
  result: (folder: string) => T,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lastbit-synth-'));
  begin('scratch', folder);
  try {
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
    const complaint = await yosys(folder, script);
    if (complaint !== undefined) throw new Error(`yosys refuses ${top}: ${complaint}`);
    return result(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    end('scratch', folder);
  }
}

/** Runs a script in a folder. @returns its last complaint where it fails. @throws Error where there is no yosys */
async function yosys(folder: string, script: string): Promise<string | undefined> {
  // A group of its own, so that what yosys has started ends with it.
  const child = spawn('yosys', ['-q', '-p', script], {
    cwd: folder,
    // What it keeps for abc goes with the folder, also where it is stopped.
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const group = `-${child.pid}`;
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  if (child.pid !== undefined) begin('process', group);
  try {
    const [status] = (await once(child, 'close')) as [number | null];
    return status === 0 ? undefined : (said.trim().split('\n').at(-1) ?? '');
  } catch (error) {
    throw new Error('yosys cannot be run, and synthesis needs it (Debian: apt-get install yosys)', { cause: error });
  } finally {
    end('process', group);
  }
}

/** From yosys's statistics as text, as its JSON is none in version 0.23; with a hierarchy, the whole comes last. */
function counted(statistics: string): Synthesis {
  const whole = statistics.slice(statistics.lastIndexOf('Number of cells:'));
  const types = [...whole.matchAll(/^ +(\$_\w+_) +(\d+)$/gm)].map(([, type, count]) => [type, Number(count)] as const);
  return { cells: types.reduce((sum, [, count]) => sum + count, 0), types: Object.fromEntries(types) };
}
