import { SingleBar } from 'cli-progress';
import { join } from 'node:path';
import { widthOf } from '../formats/format.js';
import { writeVectors } from '../outputs/vectors.js';
import { WORD_FORMATS, type WordFormatName } from '../outputs/words/index.js';
import { datapathFrom, integer, jsonOption, seedOption } from './arguments.js';
import { command } from './command.js';
import { UsageError } from './errors.js';
import { print, printJson } from './terminal.js';
import { VERSION } from './version.js';

const FORMATS = [...(Object.keys(WORD_FORMATS) as WordFormatName[]), 'csv'] as const;
const DEFAULT_COUNT = 10_000;

/** `vectors`: golden files for a hardware team's bench. */
export const vectorsCommand = command({
  usage: 'vectors <datapath>',
  summary: "Write golden vectors of a datapath's unit, with a manifest and a self-checking testbench",
  options: {
    datapath: { type: 'string', demandOption: true, describe: 'by name or file' },
    count: { type: 'number', describe: `rows: landmarks first, then random (default ${DEFAULT_COUNT})` },
    exhaustive: { type: 'boolean', default: false, describe: 'every combination of operand codes' },
    k: { type: 'number', describe: "products in a row (default: the datapath's lanes)" },
    seed: seedOption,
    format: { type: 'string', choices: FORMATS, default: 'readmemh', describe: 'kind of files' },
    module: { type: 'string', default: 'dut', describe: 'module that the testbench instantiates' },
    out: { type: 'string', describe: 'folder (default: vectors/<datapath>)' },
    json: jsonOption,
  },
  examples: [
    ['vectors int8 --exhaustive --out golden', 'all 65,536 pairs, with and without a running sum'],
    ['vectors fp8-fp16 --count 100000 --k 64 --seed 7', 'dot products of 64'],
    ['vectors my-unit.yaml --format npy', 'for numpy and cocotb'],
  ],
  async run(args) {
    const datapath = datapathFrom(args.datapath);
    if (args.exhaustive && args.count !== undefined) throw new UsageError('give either --count or --exhaustive');
    const count = args.exhaustive ? 'exhaustive' : integer(args.count ?? DEFAULT_COUNT, '--count', 1);
    const k = integer(args.k ?? datapath.lanes, '--k', 1);
    const seed = integer(args.seed, '--seed');
    const out = args.out ?? join('vectors', datapath.name);
    if (!/^[A-Za-z_]\w*$/.test(args.module))
      throw new UsageError(`--module must be an identifier, found "${args.module}"`);
    const format = args.format as (typeof FORMATS)[number];
    const how = args.exhaustive ? '--exhaustive' : `--count ${count}`;
    const module = args.module === 'dut' ? '' : ` --module ${args.module}`;
    const command = `lastbit vectors ${args.datapath} ${how} --k ${k} --seed ${seed} --format ${format}${module}`;
    const bar = new SingleBar({
      format: 'vectors {bar} {percentage}% | {value} of {total} rows | {eta_formatted} left',
    });
    let started = false;
    try {
      const manifest = await writeVectors(
        datapath,
        { k, count, seed, format, module: args.module },
        out,
        { generator: `lastbit ${VERSION}`, command },
        (done, total) => {
          if (!started) bar.start(total, 0);
          started = true;
          bar.update(done);
        },
      );
      bar.stop();
      if (args.json) return printJson(manifest);
      print(
        `${manifest.rows} rows of ${k} ${datapath.a.name} x ${datapath.b.name} (${widthOf(datapath.a)} x ${widthOf(datapath.b)} bits) in ${out}:`,
      );
      for (const { name, bytes } of manifest.files) print(`  ${name}  ${bytes} bytes`);
      print('  manifest.json');
    } catch (error) {
      bar.stop();
      throw error instanceof RangeError ? new UsageError(error.message, { cause: error }) : error;
    }
  },
});
