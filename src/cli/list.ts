import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DATAPATHS } from '../datapaths/catalog.js';
import type { Datapath } from '../datapaths/datapath.js';
import { describeFit } from '../datapaths/describe.js';
import { BLOCK_FORMATS, type BlockFormat } from '../formats/block.js';
import { FORMATS } from '../formats/catalog.js';
import { type Format, widthOf } from '../formats/format.js';
import { latticeOf } from '../formats/lattice.js';
import { toNumber } from '../formats/raw.js';
import { macsOf } from '../networks/lower.js';
import type { Recipe } from '../quantize/recipe.js';
import type { TrainRecipe } from '../training/trainRecipe.js';
import { TRAIN_RECIPES } from '../training/trainRecipes.js';
import { RECIPES } from '../quantize/recipes.js';
import { loadNetwork } from '../simulate/plan.js';
import { TARGETS } from '../targets/catalog.js';
import type { Target } from '../targets/target.js';
import { formatTable } from '../outputs/table.js';
import { jsonOption } from './arguments.js';
import { command } from './command.js';
import { UsageError } from './errors.js';
import { print, printJson } from './terminal.js';

/** One thing of a catalogue: its name, and what tells it from the others. */
export type Listed = { name: string } & Readonly<Record<string, string | number | bigint>>;

/** What can be listed; adding a catalogue is one entry. */
const LISTS: Readonly<Record<string, () => Listed[] | Promise<Listed[]>>> = {
  formats: () => FORMATS.map(listedFormat),
  blocks: () => BLOCK_FORMATS.map(listedBlock),
  datapaths: () => DATAPATHS.map(listedDatapath),
  targets: () => TARGETS.map(listedTarget),
  recipes: () => [...RECIPES.map(listedRecipe), ...TRAIN_RECIPES.map(listedTraining)],
  networks: () => networkFiles().map(listedNetwork),
};

function listedFormat(format: Format): Listed {
  const fields =
    format.kind === 'float' ? `${Number(format.signed)}/${format.exponentBits}/${format.mantissaBits}` : format.kind;
  return {
    name: format.name,
    'width (bits)': widthOf(format),
    's/e/m': fields,
    bias: format.kind === 'float' ? format.bias : '',
    lowest: format.kind === 'float' ? format.lowest : '',
    specials: format.kind === 'float' ? format.specials : '',
    largest: largestOf(format),
  };
}

/** Exact in an integer, however wide. */
function largestOf(format: Format): number | bigint {
  const lattice = latticeOf(format);
  const largest = lattice.valueAt(lattice.maxIndex(false));
  return format.kind === 'int' ? largest.significand : toNumber(largest);
}

function listedBlock({ name, element, size, scale, rule, tensorScale }: BlockFormat): Listed {
  return {
    name,
    element: element.name,
    size,
    scale: scale.name,
    rule,
    'scale of the tensor': tensorScale ? 'fp32' : '',
  };
}

function listedDatapath(datapath: Datapath): Listed {
  const { name, a, b, product, lanes, combine, sum, order } = datapath;
  const products = product === 'exact' ? 'exact' : describeFit(product);
  return {
    name,
    a: a.name,
    b: b.name,
    product: products,
    lanes,
    combine: combine.kind,
    sum: describeFit(sum),
    order: order.kind,
  };
}

function listedTarget({ name, array, datapath, others, clockMhz, energy }: Target): Listed {
  return {
    name,
    array: `${array.rows}x${array.cols}`,
    dataflow: array.dataflow,
    datapath: datapath.name,
    others: others.map((other) => other.name).join(' '),
    'clock (MHz)': clockMhz,
    energy: energy.name,
  };
}

function listedRecipe(recipe: Recipe): Listed {
  const { name, family, description, result } = recipe;
  const { input, weight } = recipe.operands({ index: 1, count: 3 });
  return {
    name,
    command: 'quantize',
    family,
    activations: input.fit.format.name,
    weights: weight.fit.format.name,
    'between layers': result === 'requantize' ? 'codes' : 'real',
    description,
  };
}

function listedTraining({ name, family, description }: TrainRecipe): Listed {
  return { name, command: 'train', family, activations: '', weights: '', 'between layers': 'real', description };
}

const MODELS = 'models';

/** The networks in the folder `models`, here or where the command was installed. */
function networkFiles(): string[] {
  const installed = relative(process.cwd(), fileURLToPath(new URL(`../../${MODELS}`, import.meta.url)));
  const folder = [MODELS, installed].find((path) => existsSync(path));
  if (folder === undefined) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
  return files.sort().map((name) => join(folder, name));
}

function listedNetwork(path: string): Listed {
  const network = loadNetwork(path);
  return { name: path, layers: network.layers.length, MAC: macsOf(network), input: network.input.shape.join('x') };
}

/** `list`: the names of a catalogue. */
export const listCommand = command({
  usage: 'list <what>',
  summary: `List ${Object.keys(LISTS).join(', ')}`,
  options: {
    what: { type: 'string', demandOption: true, choices: Object.keys(LISTS), describe: 'catalogue' },
    json: jsonOption,
  },
  examples: [
    ['list formats', 'number formats with their widths and ranges'],
    ['list datapaths --json', 'for machines'],
  ],
  async run({ what, json }) {
    const rows = await LISTS[what]?.();
    if (rows === undefined) throw new UsageError(`there is no catalogue "${what}"`);
    if (json) return printJson(rows);
    if (rows.length === 0) return print(`there are no ${what}`);
    print(
      formatTable(
        Object.keys(rows[0]).map((title) => ({ title, value: (row: Listed) => row[title] })),
        rows,
      ),
    );
  },
});
