import { didYouMean } from '../text/nearest.js';

/** A column of a topology file: what its cells are. */
export interface TopologyColumn {
  /** As the file has it, or what it stands for where the file has no titles. */
  title: string;
  /** `name`, `sparsity`, or fields of the layer's shape. */
  fields: readonly string[];
  /** Whether every layer has to have it. */
  isNeeded: boolean;
}

/** Titles without case, spaces and signs: SCALE-Sim's own, and those that are usual in its files. */
type Titles = Readonly<Record<string, readonly string[]>>;

const NAME: Titles = { layer: ['name'], layername: ['name'], layerid: ['name'], name: ['name'] };
const BOTH: Titles = {
  batch: ['batch'],
  batchsize: ['batch'],
  sparsity: ['sparsity'],
  nm: ['sparsity'],
};
const GEMM: Titles = { m: ['m'], n: ['n'], k: ['k'] };
const CONV: Titles = {
  ...titles('height', 'height', 'ifmapheight', 'ifmaph', 'inputheight', 'h'),
  ...titles('width', 'width', 'ifmapwidth', 'ifmapw', 'inputwidth', 'w'),
  ...titles('filterHeight', 'filterheight', 'filterh', 'kernelheight', 'r'),
  ...titles('filterWidth', 'filterwidth', 'filterw', 'kernelwidth', 's'),
  ...titles('channels', 'channels', 'channel', 'numchannels', 'numchannel', 'inputchannels', 'c'),
  ...titles('filters', 'numfilter', 'numfilters', 'filters', 'outputchannels', 'k'),
  stride: ['strideHeight', 'strideWidth'],
  strides: ['strideHeight', 'strideWidth'],
  ...titles('strideHeight', 'strideheight', 'strideh'),
  ...titles('strideWidth', 'stridewidth', 'stridew'),
  pad: ['padHeight', 'padWidth'],
  padding: ['padHeight', 'padWidth'],
  ...titles('padHeight', 'padheight', 'padh'),
  ...titles('padWidth', 'padwidth', 'padw'),
  groups: ['groups'],
};

/** Every title that a header may have, without case, spaces and signs, and what its column sets. */
export const TITLES: Readonly<Record<'gemm' | 'conv', Titles>> = {
  gemm: { ...NAME, ...BOTH, ...GEMM },
  conv: { ...NAME, ...BOTH, ...CONV },
};

/** What every layer has to have. */
const NEEDED = {
  gemm: ['m', 'n', 'k'],
  conv: ['height', 'width', 'filterHeight', 'filterWidth', 'channels', 'filters', 'strideHeight'],
} as const;

/** SCALE-Sim's own order, which a header without titles stands for; the second stride may be left out. */
const PLACES = {
  gemm: [['name'], ['m'], ['n'], ['k']],
  conv: [
    ...[['name'], ['height'], ['width'], ['filterHeight'], ['filterWidth'], ['channels'], ['filters']],
    ['strideHeight', 'strideWidth'],
  ],
} as const;

const KNOWN = {
  gemm: 'layer name, M, N, K, batch and sparsity',
  conv: 'layer name, IFMAP height, IFMAP width, filter height, filter width, channels, num filter, strides (or stride_h and stride_w), padding (or pad_h and pad_w), groups, batch and sparsity',
};

function titles(field: string, ...names: readonly string[]): Titles {
  return Object.fromEntries(names.map((name) => [name, [field]]));
}

const letters = (title: string) => title.toLowerCase().replace(/[^a-z]/g, '');

/**
 * The columns of a header.
 *
 * @param cells of the first layer: where there are no titles they tell a product (4) from a convolution
 * @throws Error `file:line: ...` naming the column that is unknown, there twice or missing, and what is known
 */
export function columnsOf(header: readonly string[], at: string, cells: number): TopologyColumn[] {
  const named = header.slice(1);
  if (named.length === 0) return placesOf(cells, at);
  if (named.every((title) => /^[\d.]+$/.test(title)))
    throw new Error(`${at}: is a layer where the header should be; put one before it, such as Layer, M, N, K,`);
  const names = header.map(letters);
  const kind = names.includes('m') || names.includes('n') ? 'gemm' : 'conv';
  const known = TITLES[kind];
  // SCALE-Sim's own files have "IFMAP Width" twice, of which the first is the height.
  const isHeight = names.indexOf('ifmapwidth') !== names.lastIndexOf('ifmapwidth') && !names.includes('ifmapheight');
  const heightAt = isHeight ? names.indexOf('ifmapwidth') : undefined;
  const columns = header.map((title, i): TopologyColumn => {
    const fields = i === heightAt ? ['height'] : (known[names[i]] ?? (i === 0 ? ['name'] : undefined));
    if (fields === undefined) throw unknownColumn(title, at, kind);
    return { title: `"${title}"`, fields, isNeeded: NEEDED[kind].some((field) => fields.includes(field)) };
  });
  refuseTwice(columns, at);
  const missing = ['name', ...NEEDED[kind]].find((field) => !columns.some(({ fields }) => fields.includes(field)));
  if (missing === undefined) return columns;
  throw new Error(`${at}: has no column for ${worded(missing)}; the columns are ${KNOWN[kind]}`);
}

function placesOf(cells: number, at: string): TopologyColumn[] {
  if (cells !== 4 && cells !== 8 && cells !== 9)
    throw new Error(
      `${at}: has no titles, and the first layer ${cells} cells; without titles a layer is name, M, N, K or name and SCALE-Sim's 7 or 8 numbers`,
    );
  const fields: readonly (readonly string[])[] =
    cells === 9
      ? [...PLACES.conv.slice(0, -1), ['strideHeight'], ['strideWidth']]
      : PLACES[cells === 4 ? 'gemm' : 'conv'];
  return fields.map((column) => ({ title: worded(column[0]), fields: column, isNeeded: column[0] !== 'name' }));
}

function unknownColumn(title: string, at: string, kind: 'gemm' | 'conv'): Error {
  const name = letters(title);
  // Every title of a product makes the file one of products, so that there are none among a convolution's.
  if (kind === 'gemm' && CONV[name] !== undefined)
    return new Error(
      `${at}: column "${title}" is one of a convolution, and M, N are of a product; the columns are ${KNOWN[kind]}`,
    );
  const near = didYouMean(name, Object.keys(TITLES[kind]));
  return new Error(`${at}: column "${title}" is unknown; the columns are ${KNOWN[kind]}${near}`);
}

function refuseTwice(columns: readonly TopologyColumn[], at: string): void {
  const known = new Map<string, TopologyColumn>();
  for (const column of columns)
    for (const field of column.fields) {
      const other = known.get(field);
      if (other !== undefined)
        throw new Error(`${at}: columns ${other.title} and ${column.title} both give ${worded(field)}; keep one`);
      known.set(field, column);
    }
}

/** `filterHeight` as `filter height`. */
function worded(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
