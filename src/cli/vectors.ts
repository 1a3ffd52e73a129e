import { join } from 'node:path';
import { VECTOR_FORMATS, type VectorFormat } from '../outputs/words/index.js';
import type { Manifest } from '../outputs/vectors/manifest.js';
import { integer, jsonOption, seedOption } from './arguments.js';
import { command } from './command.js';
import { and, folderOption, imageOption, networkOption, targetOption } from './options.js';
import { ownFileOptions } from './ownData.js';
import { readingOptions } from './reading.js';
import { print, printJson } from './terminal.js';
import {
  drawnTile,
  layerSet,
  layerTile,
  loadGolden,
  networkSet,
  unitSet,
  type VectorArguments,
  type VectorSet,
} from './vectorSets.js';
import { VERSION } from './version.js';

/** `vectors`: golden files for a hardware team's bench. */
export const vectorsCommand = command({
  options: {
    datapath: { type: 'string', describe: 'a unit, by name or file; or else:' },
    network: and(networkOption, ': all its tensors'),
    layer: { type: 'string', describe: 'one layer of the network' },
    tile: { type: 'boolean', default: false, describe: 'words on the ports of the array, clock edge by clock edge' },
    target: and(targetOption, '; for a network, default: the first that can run it'),
    image: and(imageOption, '', 'network: '),
    ...ownFileOptions,
    ...readingOptions,
    count: { type: 'number', describe: 'unit: rows, landmarks first (10000); tile: words in each row (64)' },
    exhaustive: { type: 'boolean', default: false, describe: 'unit: every combination of operand codes' },
    k: { type: 'number', describe: "unit: products in a row (default: the datapath's lanes)" },
    pack: { type: 'number', defaultDescription: '1', describe: 'network and layer: codes in a word of memory' },
    seed: { type: 'number', defaultDescription: '1', describe: 'unit and array: seed of the operands drawn' },
    format: { type: 'string', choices: VECTOR_FORMATS, default: 'readmemh', describe: 'kind of files' },
    module: { type: 'string', describe: 'unit: module that the testbench instantiates (default: dut)' },
    out: and(folderOption, ' (default: vectors/<what>)'),
    json: jsonOption,
  },
  reads: ['datapath', 'network', 'target', 'data', 'input'],
  writes: { out: 'folder' },
  // A network's operands are its own, and those of a unit or an array are drawn.
  modes: [
    {
      with: ['network'],
      refuses: ['seed'],
      says: () => '--seed is for drawn operands: leave it out, or --network',
    },
    {
      without: ['network'],
      refuses: ['image', 'pack', 'data', 'input', 'mean', 'scale', 'layout', 'shape', 'rules'],
      says: (option) => `--${option} goes with --network: leave it out`,
    },
    {
      with: ['datapath'],
      refuses: ['network', 'layer', 'target', 'tile'],
      says: (option, { datapath }) =>
        `vectors ${String(datapath)} is of a unit: leave out --${option}, or the datapath`,
    },
    {
      without: ['datapath'],
      refuses: ['k', 'module', 'exhaustive'],
      says: (option) => `--${option} is for a unit: name a datapath, or leave it out`,
    },
    {
      without: ['datapath', 'network'],
      needs: ['tile', 'target'],
      says: (option) =>
        option === 'tile' ? 'vectors needs a datapath, --network, or --tile with --target' : '--tile needs --target',
    },
    {
      with: ['network'],
      refuses: ['count'],
      says: () => '--count is for drawn operands: leave it out, or --network',
    },
    { with: ['network', 'tile'], needs: ['layer'], says: () => '--tile with --network needs --layer' },
    { with: ['exhaustive'], refuses: ['count'], says: () => 'give either --count or --exhaustive' },
  ],
  examples: [
    ['vectors int8 --exhaustive --out golden', 'all 65,536 pairs, with and without a running sum'],
    ['vectors fp8-fp16 --count 100000 --k 64 --seed 7', 'dot products of 64'],
    ['vectors --tile --target int8 --count 32', 'a 16 x 16 array: operands of every edge, sums with their edge'],
    ['vectors --network models/digits-int8.onnx --layer conv1', 'a layer: weights, inputs, sums, outputs'],
    ['vectors --network models/digits-int8.onnx --format npy', 'a network, every tensor for numpy and cocotb'],
  ],
  async run(args) {
    const seed = integer(args.seed ?? seedOption.default, '--seed');
    const { image = 0, pack = 1, format } = args;
    const set = await chosen({ ...args, image, pack, format: format as VectorFormat, seed });
    const out = args.out ?? join('vectors', set.name);
    const manifest = await set.write(out, { generator: `lastbit ${VERSION}`, command: `lastbit vectors ${set.words}` });
    if (args.json) return printJson(manifest);
    print(`${set.describe(manifest)} in ${out}:`);
    for (const { name, bytes } of manifest.files) print(`  ${name}  ${bytes} bytes`);
    print('  manifest.json');
  },
});

/** The set of what is named; the modes have seen to the rest. */
async function chosen(args: VectorArguments): Promise<VectorSet<Manifest>> {
  const { datapath, network, layer, tile } = args;
  if (datapath !== undefined) return unitSet(datapath, args);
  if (network === undefined) return drawnTile(args).set;
  const loaded = await loadGolden(network, args);
  if (layer === undefined) return networkSet(loaded, args);
  return tile ? layerTile(loaded, layer, args).set : layerSet(loaded, layer, args);
}
