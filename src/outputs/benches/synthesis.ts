import type { RtlFile } from '../../datapaths/rtl/index.js';
import { runYosys } from './yosys.js';

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
  return counted(await runYosys({ files, top, script, result: 'stat.txt' }));
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
  return runYosys({ files: all, top, script: steps.join('; '), result: 'mapped.json' });
}

/** From yosys's statistics as text, as its JSON is none in version 0.23; with a hierarchy, the whole comes last. */
function counted(statistics: string): Synthesis {
  const whole = statistics.slice(statistics.lastIndexOf('Number of cells:'));
  const types = [...whole.matchAll(/^ +(\$_\w+_) +(\d+)$/gm)].map(([, type, count]) => [type, Number(count)] as const);
  return { cells: types.reduce((sum, [, count]) => sum + count, 0), types: Object.fromEntries(types) };
}
