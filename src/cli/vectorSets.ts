import { createHash } from 'node:crypto';
import { basename, extname, join } from 'node:path';
import { counted } from '../text/plural.js';
import { readBytes } from '../text/read.js';
import { widthOf } from '../formats/format.js';
import type { Network } from '../networks/network.js';
import { type ImageOptions, type Source, writeLayerVectors } from '../outputs/vectors/layerVectors.js';
import type { VectorFormat } from '../outputs/words/index.js';
import type { Manifest, Provenance, UnitManifest } from '../outputs/vectors/manifest.js';
import { writeNetworkVectors } from '../outputs/vectors/networkVectors.js';
import { drawTile, type TileOperands, writeTileVectors } from '../outputs/vectors/tileVectors.js';
import { writeVectors } from '../outputs/vectors/unitVectors.js';
import { type GoldenRun, goldenRun, productNamed } from '../simulate/golden.js';
import { loadNetwork } from '../simulate/plan.js';
import { isOwn, nameOf } from '../simulate/runData.js';
import { loadTarget } from '../targets/catalog.js';
import type { Target } from '../targets/target.js';
import { generatorFor } from '../training/data/generators.js';
import { datapathFrom, integer } from './arguments.js';
import { usage, usageAsync, UsageError } from './errors.js';
import { imageOf, ownDataFrom, wordsOfData } from './ownData.js';
import { readingFrom, wordsOfReading } from './reading.js';
import { progressBar, targetFor } from './runs.js';

/** What the command line says, options that were not given left out. */
export interface VectorArguments {
  datapath?: string;
  network?: string;
  layer?: string;
  tile: boolean;
  target?: string;
  image: number;
  data?: string;
  input?: string[];
  mean?: string;
  scale?: string;
  layout?: string;
  shape?: string[];
  rules?: string;
  count?: number;
  exhaustive: boolean;
  k?: number;
  pack: number;
  seed: number;
  format: VectorFormat;
  module?: string;
}

/** A set that a command line asks for. */
export interface VectorSet<M extends Manifest> {
  /** Of its folder. */
  name: string;
  /** The command's words that make it again, without the folder. */
  words: string;
  write(folder: string, provenance: Provenance): Promise<M>;
  /** One line for the terminal. */
  describe(manifest: Manifest): string;
}

const DEFAULT_COUNT = 10_000;
const DEFAULT_STEPS = 64;
/**
 * Rows of one set: SystemVerilog promises memories of 2^24 words (IEEE 1800-2017, 7.4.2), simulators hold some more.
 * Another seed gives further rows.
 */
const MOST_ROWS = 2 ** 28;
/** Products beyond what a row should have. */
export const MOST_PRODUCTS = 2 ** 20;

export function unitSet(nameOrFile: string, args: VectorArguments): VectorSet<UnitManifest> {
  const datapath = datapathFrom(nameOrFile);
  const count = args.exhaustive ? 'exhaustive' : integer(args.count ?? DEFAULT_COUNT, '--count', 1, MOST_ROWS);
  const k = integer(args.k ?? datapath.lanes, '--k', 1, MOST_PRODUCTS);
  const { seed, format, module = 'dut' } = args;
  if (!/^[A-Za-z_]\w*$/.test(module)) throw new UsageError(`--module must be an identifier, found "${module}"`);
  const how = args.exhaustive ? '--exhaustive' : `--count ${count}`;
  const named = module === 'dut' ? '' : ` --module ${module}`;
  const width = `${widthOf(datapath.a)} x ${widthOf(datapath.b)} bits`;
  return {
    name: datapath.name,
    words: `${nameOrFile} ${how} --k ${k} --seed ${seed} --format ${format}${named}`,
    async write(folder, provenance) {
      const bar = lateBar();
      try {
        return await usageAsync(
          writeVectors(datapath, { k, count, seed, format, module }, folder, provenance, bar.update),
        );
      } finally {
        bar.stop();
      }
    },
    describe: (manifest) =>
      `${counted((manifest as UnitManifest).rows, 'row')} of ${k} ${datapath.a.name} x ${datapath.b.name} (${width})`,
  };
}

/** A bar that appears when there is something to wait for. */
function lateBar() {
  let bar: ReturnType<typeof progressBar> | undefined;
  return {
    update(done: number, total: number) {
      bar ??= progressBar(total, 'rows');
      bar.update(done);
    },
    stop: () => bar?.stop(),
  };
}

/** One image through a network on a target, and where all that came from. */
export interface Loaded {
  /** The file's, without its ending. */
  name: string;
  network: Network;
  target: Target;
  run: GoldenRun;
  source: Source;
  /** The command's words for it. */
  words: string;
}

export async function loadGolden(file: string, args: VectorArguments): Promise<Loaded> {
  const reading = readingFrom(args);
  const network = await loadNetwork(file, reading);
  const target = targetFor(args.target, network);
  const image = integer(args.image, '--image');
  const { data, input, mean, scale, layout } = args;
  const own = ownDataFrom({ data, input, mean, scale, layout });
  const inputs = await imageOf(network, own, image);
  const sha256 = createHash('sha256').update(readBytes(file)).digest('hex');
  const from = `${wordsOfData(own)}${wordsOfReading(reading)}`;
  return {
    name: basename(file, extname(file)),
    network,
    target,
    run: usage(() => goldenRun(network, target, inputs)),
    source: { network: { file, sha256 }, image, data: isOwn(own) ? nameOf(own) : generatorFor(network).name },
    words: `--network ${file} --target ${args.target ?? target.name} --image ${image}${from}`,
  };
}

export function networkSet(
  { name, network, run, target, source, words }: Loaded,
  args: VectorArguments,
): VectorSet<Manifest> {
  const options = imageOptions(args);
  return {
    name,
    words: `${words} ${imageWords(args)}`,
    write: (folder, provenance) =>
      writeNetworkVectors(network, run, target, options, folder, { ...provenance, ...source }),
    describe: ({ ports }) => `${counted(ports.length, 'tensor')} of ${network.name} on ${target.name}`,
  };
}

export function layerSet(loaded: Loaded, layer: string, args: VectorArguments): VectorSet<Manifest> {
  const { name, network, run, target, source, words } = loaded;
  const product = usage(() => productNamed(run, network, layer));
  const options = imageOptions(args);
  return {
    name: join(name, layer),
    words: `${words} --layer ${layer} ${imageWords(args)}`,
    write: (folder, provenance) =>
      writeLayerVectors(run, product, target, options, folder, { ...provenance, ...source }),
    describe: ({ ports }) =>
      `${counted(ports.length, 'tensor')} of layer ${layer} of ${network.name} on ${target.name}`,
  };
}

function imageOptions({ format, pack }: VectorArguments): ImageOptions {
  return { format, pack: integer(pack, '--pack', 1) };
}

function imageWords({ format, pack }: VectorArguments): string {
  return `--pack ${pack} --format ${format}`;
}

/** A product on the array of a target, and the set of what is on its ports. */
export interface TileSet {
  target: Target;
  operands: TileOperands;
  set: VectorSet<Manifest>;
}

/** A layer's whole product, tile after tile. */
export function layerTile(loaded: Loaded, layer: string, { format }: VectorArguments): TileSet {
  const { name, network, run, target, source, words } = loaded;
  const product = usage(() => productNamed(run, network, layer));
  const set: VectorSet<Manifest> = {
    name: join(name, `${layer}-tile`),
    words: `--tile ${words} --layer ${layer} --format ${format}`,
    write: (folder, provenance) =>
      writeTileVectors(target, product, format, folder, { ...provenance, layer, ...source }),
    describe: (manifest) => `${edgesOf(manifest)} clock edges of layer ${layer} on ${target.name}`,
  };
  return { target, operands: product, set };
}

/** Operands that fill the array once. */
export function drawnTile({ target: name, count, seed, format }: VectorArguments): TileSet {
  if (name === undefined) throw new UsageError('--tile needs --target');
  const target = usage(() => loadTarget(name));
  const steps = integer(count ?? DEFAULT_STEPS, '--count', 1, MOST_PRODUCTS);
  const operands = drawTile(target.array, target.datapath, steps, seed);
  const set: VectorSet<Manifest> = {
    name: `${target.name}-tile`,
    words: `--tile --target ${name} --count ${steps} --seed ${seed} --format ${format}`,
    write: (folder, provenance) => writeTileVectors(target, operands, format, folder, { ...provenance, seed }),
    describe: (manifest) => `${edgesOf(manifest)} clock edges of a tile on ${target.name}`,
  };
  return { target, operands, set };
}

/** Clock edges that an array takes; 0 where the manifest is of none. */
export function edgesOf(manifest: Manifest): number {
  return manifest.kind === 'tile' ? manifest.cycles.total : 0;
}
