import { didYouMean } from '../formats/nearest.js';
import type { GemmJob } from './tiling.js';

/** A layer of a topology file: SCALE-Sim's columns, and what it has no column for. */
export interface TopologyLayer {
  name: string;
  shape: ConvShape | GemmShape;
}
export interface GemmShape {
  kind: 'gemm';
  m: number;
  n: number;
  k: number;
}
export interface ConvShape {
  kind: 'conv';
  height: number;
  width: number;
  filterHeight: number;
  filterWidth: number;
  channels: number;
  filters: number;
  strideHeight: number;
  strideWidth: number;
  padHeight: number;
  padWidth: number;
  groups: number;
  batch: number;
}

const GEMM_COLUMNS = ['m', 'n', 'k'];
const CONV_COLUMNS = ['height', 'width', 'filterHeight', 'filterWidth', 'channels', 'filters', 'stride'];

/** Further columns, by their header without case, spaces and signs. */
const FURTHER: Readonly<Record<string, readonly string[]>> = {
  stride: ['strideHeight', 'strideWidth'],
  strides: ['strideHeight', 'strideWidth'],
  strideh: ['strideHeight'],
  strideheight: ['strideHeight'],
  stridew: ['strideWidth'],
  stridewidth: ['strideWidth'],
  pad: ['padHeight', 'padWidth'],
  padding: ['padHeight', 'padWidth'],
  padh: ['padHeight'],
  padheight: ['padHeight'],
  padw: ['padWidth'],
  padwidth: ['padWidth'],
  groups: ['groups'],
  batch: ['batch'],
  batchsize: ['batch'],
  sparsity: ['sparsity'],
  nm: ['sparsity'],
};

/**
 * Reads a SCALE-Sim topology CSV: a header, then `name, height, width, filter height, filter width, channels, filters,
 * stride` or `name, m, n, k`. Columns after these are told by their header: stride_h, stride_w, padding (pad_h, pad_w),
 * groups, batch. Trailing commas, blank lines, tabs for commas, a byte order mark, `# comments` and notes beyond a column
 * without a header are allowed.
 *
 * @throws Error `file:line: what is wrong and what would do`
 */
export function parseTopology(text: string, file: string): TopologyLayer[] {
  const rows = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, i) => ({ at: `${file}:${i + 1}`, cells: cellsOf(line) }))
    .filter(({ cells }) => cells.length > 0);
  const [header, ...layers] = rows;
  if (header === undefined)
    throw new Error(`${file}: is empty; a topology has a header line and a line for each layer`);
  if (layers.length === 0) throw new Error(`${file}: has a header line and no layers`);
  const gap = header.cells.indexOf('', 1);
  const titles = gap < 0 ? header.cells : header.cells.slice(0, gap);
  const columns = columnsOf(titles, header.at, layers[0].cells.length);
  return layers.map(({ cells, at }) => layerOf(gap < 0 ? cells : ownCells(cells, gap, at), columns, at));
}

/** Cells without the comment and the empty ones at the end. */
function cellsOf(line: string): string[] {
  const cells = line
    .replace(/(^|[,\t])\s*#.*/, '$1')
    .split(line.includes(',') ? ',' : '\t')
    .map((cell) => cell.trim());
  while (cells.at(-1) === '') cells.pop();
  return cells;
}

/** Cells left of the column without a header, which has to be empty. */
function ownCells(cells: readonly string[], gap: number, at: string): string[] {
  if ((cells[gap] ?? '') === '') return cells.slice(0, gap);
  throw new Error(`${at}: column ${gap + 1} holds "${cells[gap]}" and has no header; name it, or leave it empty`);
}

/** The fields that each column sets. */
function columnsOf(header: readonly string[], at: string, cells: number): (readonly string[])[] {
  const names = header.map((cell) => cell.toLowerCase().replace(/[^a-z]/g, ''));
  const isGemm = names.slice(1, 4).join() === 'm,n,k' || (names.length <= 4 && cells === 4);
  const base = isGemm ? GEMM_COLUMNS : CONV_COLUMNS;
  // Where the stride column is split in two, the first of the pair stands in its place.
  const title = names[CONV_COLUMNS.length] ?? '';
  const strides = title.startsWith('stride') ? title : 'strides';
  const fixed = base.map((field) => (field === 'stride' ? (FURTHER[strides] ?? FURTHER.strides) : [field]));
  const further = names.slice(1 + base.length).map((name, i) => {
    const fields = FURTHER[name];
    if (fields !== undefined) return fields;
    const title = header[1 + base.length + i];
    throw new Error(
      `${at}: column "${title}" is unknown; beside SCALE-Sim's own there are stride_h, stride_w, padding, pad_h, pad_w, groups, batch${didYouMean(name, Object.keys(FURTHER))}`,
    );
  });
  return [['name'], ...fixed, ...further];
}

function layerOf(cells: readonly string[], columns: readonly (readonly string[])[], at: string): TopologyLayer {
  const base = columns.some(([field]) => field === 'm') ? GEMM_COLUMNS : CONV_COLUMNS;
  if (cells.length < 1 + base.length)
    throw new Error(`${at}: has ${cells.length} cells; a layer is name, ${base.join(', ')}`);
  if (cells.length > columns.length)
    throw new Error(
      `${at}: has ${cells.length} cells and the header ${columns.length}; name the further columns in the header`,
    );
  const fields: Record<string, number> = {};
  cells.slice(1).forEach((cell, i) => {
    for (const field of columns[i + 1]) fields[field] = numberOf(cell, field, at);
  });
  const name = cells[0];
  if (base === GEMM_COLUMNS) return { name, shape: { kind: 'gemm', m: fields.m, n: fields.n, k: fields.k } };
  return { name, shape: convOf(fields, at) };
}

function numberOf(cell: string, field: string, at: string): number {
  if (field === 'sparsity') {
    if (/^(\d+):\1$/.test(cell)) return 1;
    throw new Error(
      `${at}: N:M sparsity ${cell} is not modelled; leave the column out, or write 1:1, to count the dense layer`,
    );
  }
  const least = field.startsWith('pad') ? 0 : 1;
  const value = Number(cell);
  if (cell !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${at}: ${field} is "${cell}"; it must be a whole number of at least ${least}`);
}

function convOf(fields: Record<string, number>, at: string): ConvShape {
  const { height, width, filterHeight, filterWidth, channels, filters } = fields;
  const { strideHeight, strideWidth = strideHeight, padHeight = 0, padWidth = 0, groups = 1, batch = 1 } = fields;
  if (filterHeight > height + 2 * padHeight || filterWidth > width + 2 * padWidth)
    throw new Error(`${at}: a filter of ${filterHeight}x${filterWidth} is larger than the padded input`);
  if (channels % groups !== 0 || filters % groups !== 0)
    throw new Error(`${at}: ${groups} groups do not divide ${channels} channels and ${filters} filters`);
  const window = { height, width, filterHeight, filterWidth };
  return { kind: 'conv', ...window, channels, filters, strideHeight, strideWidth, padHeight, padWidth, groups, batch };
}

/** The layer as a matrix product: m output pixels, n filters, k products for each, a group at a time. */
export function jobOf({ name, shape }: TopologyLayer): GemmJob {
  if (shape.kind === 'gemm') return { layer: name, m: shape.m, n: shape.n, k: shape.k };
  const { filterHeight, filterWidth, channels, filters, groups, batch } = shape;
  const high = Math.floor((shape.height + 2 * shape.padHeight - filterHeight) / shape.strideHeight) + 1;
  const wide = Math.floor((shape.width + 2 * shape.padWidth - filterWidth) / shape.strideWidth) + 1;
  const k = (filterHeight * filterWidth * channels) / groups;
  const inputs = (batch * shape.height * shape.width * channels) / groups;
  return { layer: name, m: batch * high * wide, n: filters / groups, k, inputs, ...(groups > 1 && { groups }) };
}
