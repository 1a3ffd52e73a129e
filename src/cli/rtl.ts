import { join } from 'node:path';
import { counted } from '../text/plural.js';
import { identifier, type RtlFile } from '../datapaths/rtl/index.js';
import { meshRtl, unitRtl, writeRtl } from '../outputs/benches/rtl.js';
import { synthesise, type Synthesis } from '../outputs/benches/synthesis.js';
import { datapathFrom, integer, jsonOption, seedOption } from './arguments.js';
import { command } from './command.js';
import { kindsOf } from './kinds.js';
import { LAYER_MODES } from './modes.js';
import { usage } from './errors.js';
import { and, dataOption, folderOption, imageOption, networkOption, required } from './options.js';
import { print, printJson, waitingFor } from './terminal.js';
import {
  drawnTile,
  edgesOf,
  layerTile,
  loadGolden,
  MOST_PRODUCTS,
  unitSet,
  type VectorArguments,
} from './vectorSets.js';
import { VERSION } from './version.js';

/** What was written into a folder, and what of it was synthesised. */
interface Written {
  folder: string;
  what: string;
  files: RtlFile[];
  /** The module whose cells are counted. */
  top: string;
}

type Arguments = VectorArguments & { name: string; out: string };

/** `rtl`: the hardware of a unit or an array, with the vectors that prove it. */
export const rtlCommand = command({
  options: {
    name: { type: 'string', demandOption: true, describe: 'datapath or target, by name or file' },
    out: required(and(folderOption, '; an array goes into its folder "mesh"')),
    k: { type: 'number', describe: "unit: products in a row of vectors (default: the datapath's lanes)" },
    count: { type: 'number', describe: 'unit: rows of vectors (10000)' },
    exhaustive: { type: 'boolean', default: false, describe: 'unit: every combination of operand codes' },
    steps: { type: 'number', defaultDescription: '64', describe: 'array: words in each row' },
    network: and(networkOption, ', for --layer', 'array: '),
    layer: { type: 'string', describe: 'array: works on the product of this layer' },
    image: and(imageOption, '', 'layer: '),
    data: dataOption,
    seed: seedOption,
    synth: { type: 'boolean', default: false, describe: 'run Yosys and count cells' },
    json: jsonOption,
  },
  reads: ['name', 'network', 'data'],
  writes: { out: 'folder' },
  facts: {
    words: { unit: 'a datapath', mesh: 'a target' },
    of: ({ name }) => kindsOf(String(name)),
  },
  modes: [
    ...LAYER_MODES,
    {
      without: ['mesh'],
      refuses: ['steps'],
      says: (_option, { name }) => `--steps is for an array, and ${String(name)} is a datapath: leave it out`,
    },
    {
      without: ['unit'],
      refuses: ['k', 'count', 'exhaustive'],
      says: (option, { name }) =>
        `--${option} is for a datapath's vectors, and ${String(name)} is an array: leave it out`,
    },
    {
      without: ['mesh'],
      refuses: ['layer'],
      says: (_option, { name }) => `--layer is for a target; ${String(name)} is a datapath`,
    },
    { with: ['exhaustive'], refuses: ['count'], says: () => 'give either --count or --exhaustive' },
  ],
  examples: [
    ['rtl fp8-fp16 --out rtl --synth', 'a unit, its array, and their cells; then: make -C rtl'],
    ['rtl my-unit.yaml --out rtl --k 64', 'a dot product of 64'],
    ['rtl int8 --network models/digits-int8.onnx --layer dense2 --out rtl', 'a whole layer on the array'],
  ],
  async run(options) {
    const { image = 0 } = options;
    const args: Arguments = { ...options, image, format: 'readmemh', pack: 1, tile: false, target: options.name };
    const steps = integer(options.steps ?? 64, '--steps', 1, MOST_PRODUCTS);
    const { unit, mesh } = kindsOf(args.name);
    // What is wrong with either is found before anything of the other is written.
    const all = [...(unit ? [unitOf(args)] : []), ...(mesh ? [await meshOf(args, steps)] : [])];
    const written: Written[] = [];
    for (const write of all) written.push(await write());
    const reports = [];
    for (const { folder, what, files, top } of written)
      reports.push({
        folder,
        what,
        files: files.map(({ name }) => name),
        ...(options.synth && { top, synthesis: await cellsOf(files, top) }),
      });
    if (options.json) return printJson(reports);
    for (const { folder, what, files, top, synthesis } of reports) {
      print(`${what} in ${folder}: ${counted(files.length, 'file')}; "make -C ${folder}" simulates`);
      if (synthesis !== undefined) print(`  ${top}: ${synthesis.cells} generic cells of yosys`);
    }
  },
});

function cellsOf(files: readonly RtlFile[], top: string): Promise<Synthesis> {
  const synthesis = synthesise(files.filter(isSource), top, top !== 'mesh');
  return waitingFor(`Yosys synthesises ${top}, which takes minutes for a large one`, synthesis);
}

const generator = `lastbit ${VERSION}`;

/** Reads and checks all that it needs. @returns what writes the files */
function unitOf(args: Arguments): () => Promise<Written> {
  const datapath = datapathFrom(args.name);
  const k = integer(args.k ?? datapath.lanes, '--k', 1);
  const files = usage(() => unitRtl(datapath, k));
  const { network: _network, layer: _layer, ...own } = args;
  const set = unitSet(args.name, own);
  return async () => {
    await set.write(args.out, { generator, command: `lastbit vectors ${set.words}` });
    await writeRtl(args.out, files);
    return {
      folder: args.out,
      what: `unit ${datapath.name}`,
      files,
      top: `${identifier(datapath.name)}_unit`,
    };
  };
}

async function meshOf(args: Arguments, steps: number): Promise<() => Promise<Written>> {
  const folder = join(args.out, 'mesh');
  const { target, operands, set } =
    args.network === undefined
      ? drawnTile({ ...args, count: steps })
      : layerTile(await loadGolden(args.network, args), args.layer as string, args);
  usage(() => meshRtl(target, operands, 1));
  return async () => {
    const manifest = await set.write(folder, { generator, command: `lastbit vectors ${set.words}` });
    const files = meshRtl(target, operands, edgesOf(manifest));
    await writeRtl(folder, files);
    const { rows, cols, dataflow } = target.array;
    return {
      folder,
      what: `${rows} x ${cols} array of ${target.name}, ${dataflow}`,
      files,
      top: 'mesh',
    };
  };
}

const isSource = ({ name }: RtlFile) => name.endsWith('.sv') && name !== 'tb.sv';
