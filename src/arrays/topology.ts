import { columnsOf, type TopologyColumn } from './topologyColumns.js';
import type { ArrayJob } from './tiling.js';

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
  /** So many inputs, each with rows of its own: m is as many times as large. */
  batch?: number;
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
  /** So many images, each with output pixels of its own. */
  batch: number;
}

/**
 * Reads a SCALE-Sim topology CSV: a header, then a line for each layer. Columns are told by their titles, in any order,
 * case and spacing: the layer's name; of a convolution IFMAP height and width, filter height and width, channels, number
 * of filters, strides (or stride height and width), padding (or pad height and width), groups; of a product M, N, K; of
 * both batch (m of a product, output pixels of a convolution) and a sparsity that is dense. A header with no titles
 * beyond the first column stands for SCALE-Sim's own order: `name, height, width, filter height, filter width, channels,
 * filters, stride` (or two strides), or `name, m, n, k`. Quoted cells, trailing commas, blank lines, tabs for commas, a
 * byte order mark, `# comments` and notes beyond a column without a title are allowed.
 *
 * @throws Error `file:line: what is wrong and what would do`
 */
export function parseTopology(text: string, file: string): TopologyLayer[] {
  const rows = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, i) => ({ line, at: `${file}:${i + 1}` }))
    .filter(({ line }) => line.trim() !== '' && !line.trimStart().startsWith('#'))
    .map(({ line, at }) => ({ at, cells: cellsOf(line, at) }));
  const [header, ...lines] = rows;
  // A row of commas is no layer; as the first line it is a header without titles.
  const layers = lines.filter(({ cells }) => cells.length > 0);
  if (header === undefined)
    throw new Error(`${file}: is empty; a topology has a header line and a line for each layer`);
  if (layers.length === 0) throw new Error(`${file}: has a header line and no layers`);
  const gap = header.cells.indexOf('', 1);
  const columns = columnsOf(gap < 0 ? header.cells : header.cells.slice(0, gap), header.at, layers[0].cells.length);
  return layers.map(({ cells, at }) => layerOf(gap < 0 ? cells : ownCells(cells, gap, at), columns, at));
}

/** Cells without the comment and the empty ones at the end. */
function cellsOf(line: string, at: string): string[] {
  const quoted = line.includes('"');
  const delimiter = line.replace(/"[^"]*"/g, '').includes(',') ? ',' : '\t';
  const cells = quoted ? quotedCells(line, delimiter, at) : plainCells(line, delimiter);
  while (cells.at(-1) === '') cells.pop();
  return cells;
}

function plainCells(line: string, delimiter: string): string[] {
  const cells = line.split(delimiter).map((cell) => cell.trim());
  const comment = line.includes('#') ? cells.findIndex((cell) => cell.startsWith('#')) : -1;
  return comment < 0 ? cells : cells.slice(0, comment);
}

/** RFC 4180, with spaces allowed around quotes. */
function quotedCells(line: string, delimiter: string, at: string): string[] {
  const cells: string[] = [];
  const cell = new RegExp(`\\s*(?:"((?:[^"]|"")*)"\\s*|([^"${delimiter}][^${delimiter}]*)?)(${delimiter}|$)`, 'y');
  do {
    const found = cell.exec(line);
    if (found === null) throw new Error(`${at}: a quote is not closed, or text follows a closing one: ${line.trim()}`);
    const [, inQuotes, plain = '', end] = found;
    if (plain.startsWith('#')) return cells;
    cells.push((inQuotes?.replaceAll('""', '"') ?? plain).trim());
    if (end === '') return cells;
  } while (cell.lastIndex <= line.length);
  return cells;
}

/** Cells left of the column without a header, which has to be empty. */
function ownCells(cells: readonly string[], gap: number, at: string): string[] {
  if ((cells[gap] ?? '') === '') return cells.slice(0, gap);
  throw new Error(`${at}: column ${gap + 1} holds "${cells[gap]}" and has no header; name it, or leave it empty`);
}

function layerOf(cells: readonly string[], columns: readonly TopologyColumn[], at: string): TopologyLayer {
  if (cells.length > columns.length)
    throw new Error(
      `${at}: has ${cells.length} cells and the header ${columns.length}; name the further columns in the header`,
    );
  let name = '';
  const fields: Record<string, number> = {};
  columns.forEach((column, i) => {
    const cell = cells[i] ?? '';
    if (column.fields[0] === 'name') name = cell;
    else if (cell !== '') for (const field of column.fields) fields[field] = numberOf(cell, column, at);
    else if (column.isNeeded)
      throw new Error(
        `${at}: has ${cells.length} cells and nothing for ${column.title}; a layer is ${columns.map(({ title }) => title).join(', ')}`,
      );
  });
  if (fields.m === undefined) return { name, shape: convOf(fields, at) };
  const { m, n, k, batch } = fields;
  return { name, shape: { kind: 'gemm', m, n, k, ...(batch !== undefined && { batch }) } };
}

function numberOf(cell: string, { title, fields: [field] }: TopologyColumn, at: string): number {
  if (field === 'sparsity') {
    if (/^(\d+):\1$/.test(cell)) return 1;
    throw new Error(
      `${at}: N:M sparsity ${cell} is not modelled; leave the column out, or write 1:1, to count the dense layer`,
    );
  }
  const least = field.startsWith('pad') ? 0 : 1;
  const value = /^\d+$/.test(cell) ? Number(cell) : Number.NaN;
  if (value >= least && value <= Number.MAX_SAFE_INTEGER) return value;
  const most = value > least ? ` and at most ${Number.MAX_SAFE_INTEGER}` : '';
  throw new Error(`${at}: ${title} is "${cell}"; it must be a whole number of at least ${least}${most}, in digits`);
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
export function jobOf({ name, shape }: TopologyLayer): ArrayJob {
  if (shape.kind === 'gemm') return { layer: name, m: shape.m * (shape.batch ?? 1), n: shape.n, k: shape.k };
  const { filterHeight, filterWidth, channels, filters, groups, batch } = shape;
  const high = Math.floor((shape.height + 2 * shape.padHeight - filterHeight) / shape.strideHeight) + 1;
  const wide = Math.floor((shape.width + 2 * shape.padWidth - filterWidth) / shape.strideWidth) + 1;
  const k = (filterHeight * filterWidth * channels) / groups;
  const inputs = (batch * shape.height * shape.width * channels) / groups;
  return { layer: name, m: batch * high * wide, n: filters / groups, k, inputs, ...(groups > 1 && { groups }) };
}
