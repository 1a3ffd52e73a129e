import type { Datapath } from '../../datapaths/datapath.js';
import { describeFit } from '../../datapaths/describe.js';
import type { BlockFormat } from '../../formats/block.js';
import { type Format, widthOf } from '../../formats/format.js';
import { latticeOf } from '../../formats/lattice.js';
import { toNumber } from '../../formats/raw.js';
import { imageShape, type Network } from '../../networks/network.js';
import type { Method, MethodKind } from '../../recipes/method.js';
import type { Target } from '../../targets/target.js';
import { type JsonRow, type ResultColumn, resultJson, resultTable } from './column.js';

/** The catalogues as tables: what tells one thing from the others. */

/** A catalogue whose kind of things is forgotten: its columns, and its things where they are asked for. */
export interface Listing {
  columns: readonly ResultColumn<never>[];
  load(networks: () => Promise<readonly NetworkFile[]>): Promise<Listed>;
}

export interface Listed {
  count: number;
  table(width: number): string;
  json(): JsonRow[];
}

function listing<Thing>(
  columns: readonly ResultColumn<Thing>[],
  load: (networks: () => Promise<readonly NetworkFile[]>) => Promise<readonly Thing[]>,
): Listing {
  return {
    columns,
    async load(networks) {
      const things = await load(networks);
      return {
        count: things.length,
        table: (width) => resultTable(columns, things, width),
        json: () => things.map((thing) => resultJson(columns, thing)),
      };
    },
  };
}

const FORMAT_COLUMNS: readonly ResultColumn<Format>[] = [
  { field: 'name', title: 'name', kind: 'text', value: (f) => f.name },
  { field: 'kind', title: 'kind', kind: 'text', value: (f) => f.kind },
  { field: 'widthBits', title: 'width (bits)', value: widthOf },
  {
    field: 'signed',
    title: 'signed',
    kind: 'flag',
    value: (f) => (f.kind === 'table' ? undefined : f.signed),
    optional: true,
  },
  { field: 'exponentBits', title: 'exponent (bits)', value: (f) => floatOf(f)?.exponentBits, optional: true },
  { field: 'mantissaBits', title: 'mantissa (bits)', value: (f) => floatOf(f)?.mantissaBits, optional: true },
  { field: 'bias', title: 'bias', value: (f) => floatOf(f)?.bias, optional: true },
  { field: 'lowest', title: 'lowest', kind: 'text', value: (f) => floatOf(f)?.lowest, optional: true },
  { field: 'specials', title: 'specials', kind: 'text', value: (f) => floatOf(f)?.specials, optional: true },
  { field: 'largest', title: 'largest', kind: 'wide number', value: largestOf },
];

const floatOf = (format: Format) => (format.kind === 'float' ? format : undefined);

/** Exact in an integer, however wide. */
function largestOf(format: Format): number | bigint {
  const lattice = latticeOf(format);
  const largest = lattice.valueAt(lattice.maxIndex(false));
  return format.kind === 'int' && largest.exponent === 0 ? largest.significand : toNumber(largest);
}

const BLOCK_COLUMNS: readonly ResultColumn<BlockFormat>[] = [
  { field: 'name', title: 'name', kind: 'text', value: (f) => f.name },
  { field: 'element', title: 'element', kind: 'text', value: (f) => f.element.name },
  { field: 'size', title: 'size', value: (f) => f.size },
  { field: 'scale', title: 'scale', kind: 'text', value: (f) => f.scale.name },
  { field: 'rule', title: 'rule', kind: 'text', value: (f) => f.rule },
  {
    field: 'tensorScale',
    title: 'scale of the tensor',
    kind: 'text',
    value: (f) => (f.tensorScale ? 'fp32' : undefined),
    optional: true,
  },
];

const DATAPATH_COLUMNS: readonly ResultColumn<Datapath>[] = [
  { field: 'name', title: 'name', kind: 'text', value: (d) => d.name },
  { field: 'a', title: 'a', kind: 'text', value: (d) => d.a.name },
  { field: 'b', title: 'b', kind: 'text', value: (d) => d.b.name },
  {
    field: 'product',
    title: 'product',
    kind: 'text',
    priority: 2,
    value: (d) => (d.product === 'exact' ? 'exact' : describeFit(d.product)),
  },
  { field: 'lanes', title: 'lanes', value: (d) => d.lanes },
  { field: 'combine', title: 'combine', kind: 'text', value: (d) => d.combine.kind },
  { field: 'sum', title: 'sum', kind: 'text', wrap: true, value: (d) => describeFit(d.sum) },
  { field: 'order', title: 'order', kind: 'text', priority: 3, value: (d) => d.order.kind },
];

const TARGET_COLUMNS: readonly ResultColumn<Target>[] = [
  { field: 'name', title: 'name', kind: 'text', value: (t) => t.name },
  { field: 'rows', title: 'rows', value: (t) => t.array.rows },
  { field: 'cols', title: 'cols', value: (t) => t.array.cols },
  { field: 'dataflow', title: 'dataflow', kind: 'text', value: (t) => t.array.dataflow },
  { field: 'datapath', title: 'datapath', kind: 'text', value: (t) => t.datapath.name },
  {
    field: 'others',
    title: 'others',
    kind: 'text',
    wrap: true,
    value: (t) => t.others.map(({ name }) => name).join(' '),
  },
  { field: 'clockMhz', title: 'clock (MHz)', kind: 'exact number', priority: 3, value: (t) => t.clockMhz },
  { field: 'energy', title: 'energy', kind: 'text', priority: 2, value: (t) => t.energy.name },
];

/** A recipe of either kind, and the command that takes it. */
interface ListedRecipe {
  name: string;
  command: 'quantize' | 'train';
  family: string;
  activations?: string;
  weights?: string;
  between: 'codes' | 'real';
  description: string;
}

const COMMAND_OF = { after: 'quantize', training: 'train' } as const satisfies Record<MethodKind, string>;

async function listedRecipes(): Promise<ListedRecipe[]> {
  const { METHODS } = await import('../../recipes/catalog.js');
  return METHODS.map((method): ListedRecipe => {
    const { name, kind, family, description, result } = method;
    const between = result === 'requantize' ? 'codes' : 'real';
    return { name, command: COMMAND_OF[kind], family, ...gridsOf(method), between, description };
  });
}

/** The formats of a layer within; those that train choose theirs as they go. */
function gridsOf(method: Method): Pick<ListedRecipe, 'activations' | 'weights'> {
  if (method.kind === 'training') return {};
  const { input, weight } = method.operands({ index: 1, count: 3 });
  return { activations: input.fit.format.name, weights: weight.fit.format.name };
}

const RECIPE_COLUMNS: readonly ResultColumn<ListedRecipe>[] = [
  { field: 'name', title: 'name', kind: 'text', value: (r) => r.name },
  { field: 'command', title: 'command', kind: 'text', value: (r) => r.command },
  { field: 'family', title: 'family', kind: 'text', priority: 4, value: (r) => r.family },
  {
    field: 'activations',
    title: 'activations',
    kind: 'text',
    priority: 2,
    value: (r) => r.activations,
    optional: true,
  },
  { field: 'weights', title: 'weights', kind: 'text', priority: 2, value: (r) => r.weights, optional: true },
  { field: 'betweenLayers', title: 'between layers', kind: 'text', priority: 3, value: (r) => r.between },
  { field: 'description', title: 'description', kind: 'text', wrap: true, value: (r) => r.description },
];

/** A network and the file that it was read from. */
export interface NetworkFile {
  path: string;
  network: Network;
  macs: number;
}

const NETWORK_COLUMNS: readonly ResultColumn<NetworkFile>[] = [
  { field: 'name', title: 'name', kind: 'text', value: (n) => n.path },
  { field: 'layers', title: 'layers', value: (n) => n.network.layers.length },
  { field: 'macs', title: 'MACs', value: (n) => n.macs },
  {
    field: 'input',
    title: 'input',
    kind: 'text',
    value: ({ network }) => network.inputs.map(({ shape }) => imageShape(network, shape).join('x')).join(' '),
  },
];

/** An operator of network files, and where what it becomes runs. */
export interface ReadOperator {
  name: string;
  domain: string;
  /** Whether its products run on the array, where the target has a unit for them. */
  array: boolean;
}

const OPERATOR_COLUMNS: readonly ResultColumn<ReadOperator>[] = [
  { field: 'name', title: 'name', kind: 'text', value: (o) => o.name },
  { field: 'domain', title: 'domain', kind: 'text', value: (o) => o.domain },
  { field: 'place', title: 'runs', kind: 'text', value: (o) => (o.array ? 'array' : 'beside') },
];

async function readOperators(): Promise<ReadOperator[]> {
  const { readableOperators } = await import('../../networks/readers/onnx/read.js');
  return [...readableOperators()];
}

/** What can be listed; adding a catalogue is one entry. Only the one that is asked for is loaded. */
export const LISTINGS = {
  formats: listing(FORMAT_COLUMNS, async () => (await import('../../formats/catalog.js')).FORMATS),
  blocks: listing(BLOCK_COLUMNS, async () => (await import('../../formats/block.js')).BLOCK_FORMATS),
  datapaths: listing(DATAPATH_COLUMNS, async () => (await import('../../datapaths/catalog.js')).DATAPATHS),
  targets: listing(TARGET_COLUMNS, async () => (await import('../../targets/catalog.js')).TARGETS),
  recipes: listing(RECIPE_COLUMNS, listedRecipes),
  operators: listing(OPERATOR_COLUMNS, readOperators),
  networks: listing(NETWORK_COLUMNS, (networks) => networks()),
} as const satisfies Record<string, Listing>;
