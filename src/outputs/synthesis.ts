import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RtlFile } from '../datapaths/rtl/index.js';

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
export function synthesise(files: readonly RtlFile[], top: string, flatten = true): Synthesis {
  const folder = mkdtempSync(join(tmpdir(), 'lastbit-synth-'));
  try {
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
    const script = `read_verilog -sv *.sv; synth ${flatten ? '-flatten ' : ''}-top ${top}; check -assert; tee -q -o stat.txt stat`;
    const { error, status, stderr } = spawnSync('yosys', ['-q', '-p', script], { cwd: folder, encoding: 'utf8' });
    if (error !== undefined)
      throw new Error('yosys cannot be run: --synth needs it (Debian: apt-get install yosys)', { cause: error });
    if (status !== 0) throw new Error(`yosys refuses ${top}: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    return counted(readFileSync(join(folder, 'stat.txt'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** From yosys's statistics as text, as its JSON is none in version 0.23; with a hierarchy, the whole comes last. */
function counted(statistics: string): Synthesis {
  const whole = statistics.slice(statistics.lastIndexOf('Number of cells:'));
  const types = [...whole.matchAll(/^ +(\$_\w+_) +(\d+)$/gm)].map(([, type, count]) => [type, Number(count)] as const);
  return { cells: types.reduce((sum, [, count]) => sum + count, 0), types: Object.fromEntries(types) };
}
