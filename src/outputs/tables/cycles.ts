import type { ArrayCost } from '../../arrays/cost.js';
import type { ScaleSimCount } from '../../arrays/scalesim.js';
import type { ArrayJob } from '../../arrays/tiling.js';
import type { ResultColumn } from './results.js';

/** A layer of a topology on an array, or all of them together; fields as JSON and CSV have them. */
export interface CycleRow {
  name: string;
  totalCycles: number;
  m: number;
  n: number;
  k: number;
  groups: number;
  macs: number;
  loadCycles: number;
  fillCycles: number;
  streamCycles: number;
  drainCycles: number;
  stallCycles: number;
  /** Products over cycles x PEs. */
  utilizationPercent: number;
  /** Codes read from the memories at the edge of the array; a is the input, b the filters. */
  aReads: number;
  bReads: number;
  /** Sums read again and written at the result memory. */
  sumReads: number;
  sumWrites: number;
}

export function cycleRow(
  { layer, m, n, k, groups = 1 }: ArrayJob,
  { cycles, counts, utilization }: ArrayCost,
): CycleRow {
  const { macs, aReads, bReads, sumReads, sumWrites } = counts;
  return {
    name: layer,
    totalCycles: cycles.total,
    m,
    n,
    k,
    groups,
    macs,
    loadCycles: cycles.load,
    fillCycles: cycles.fill,
    streamCycles: cycles.stream,
    drainCycles: cycles.drain,
    stallCycles: cycles.stall,
    utilizationPercent: 100 * utilization,
    aReads,
    bReads,
    sumReads,
    sumWrites,
  };
}

export type CycleTotal = Omit<CycleRow, 'name' | 'm' | 'n' | 'k' | 'groups'>;

/** @param pes PEs of the array */
export function cycleTotal(rows: readonly CycleRow[], pes: number): CycleTotal {
  const total = totalOf(rows, [
    'totalCycles',
    'macs',
    'loadCycles',
    'fillCycles',
    'streamCycles',
    'drainCycles',
    'stallCycles',
    'aReads',
    'bReads',
    'sumReads',
    'sumWrites',
  ]);
  return { ...total, utilizationPercent: (100 * total.macs) / (total.totalCycles * pes) };
}

/** SCALE-Sim gives no totals: only what may be added up is. */
export function scaleSimTotal(rows: readonly ScaleSimCount[]) {
  return totalOf(rows, ['totalCycles', 'sramIfmapReads', 'sramFilterReads', 'sramOfmapWrites']);
}

function totalOf<K extends string>(
  rows: readonly Readonly<Record<K, number>>[],
  fields: readonly K[],
): Record<K, number> {
  const sum = (field: K) => {
    const total = rows.reduce((sum, row) => sum + row[field], 0);
    if (total <= Number.MAX_SAFE_INTEGER) return total;
    const exact = rows.reduce((sum, row) => sum + BigInt(row[field]), 0n);
    if (BigInt(Number(exact)) === exact) return Number(exact);
    throw new RangeError(
      `${field} of all ${rows.length} layers together would be ${exact}, which is beyond 2^53 - 1 and which float64 does not hold exactly; split the file`,
    );
  };
  return Object.fromEntries(fields.map((field) => [field, sum(field)])) as Record<K, number>;
}

function column<Row>(
  field: keyof Row & string,
  title: string,
  more: Partial<ResultColumn<Row>> = {},
): ResultColumn<Row> {
  return { field, title, value: (row) => row[field] as string | number, ...more };
}

export const CYCLE_COLUMNS: readonly ResultColumn<CycleRow>[] = [
  column('name', 'layer', { kind: 'text' }),
  column('totalCycles', 'cycles'),
  column('m', 'm', { priority: 2 }),
  column('n', 'n', { priority: 2 }),
  column('k', 'k', { priority: 2 }),
  column('groups', 'groups', { hidden: true }),
  column('macs', 'MACs', { hidden: true }),
  column('loadCycles', 'load'),
  column('fillCycles', 'fill'),
  column('streamCycles', 'stream'),
  column('drainCycles', 'drain'),
  column('stallCycles', 'stall'),
  column('utilizationPercent', 'util. (%)', { digits: 1 }),
  column('aReads', 'a reads', { priority: 3 }),
  column('bReads', 'b reads', { priority: 3 }),
  column('sumReads', 'sum reads', { priority: 3 }),
  column('sumWrites', 'sum writes', { priority: 3 }),
];

/** Titles are SCALE-Sim's own. */
export const SCALE_SIM_COLUMNS: readonly ResultColumn<ScaleSimCount>[] = [
  column('name', 'layer', { kind: 'text' }),
  column('totalCycles', 'Total Cycles'),
  column('overallUtil', 'Overall Util %', { digits: 2 }),
  column('mappingEfficiency', 'Mapping Efficiency %', { digits: 2 }),
  column('computeUtil', 'Compute Util %', { digits: 2 }),
  column('sramIfmapReads', 'SRAM IFMAP Reads'),
  column('sramFilterReads', 'SRAM Filter Reads'),
  column('sramOfmapWrites', 'SRAM OFMAP Writes'),
];
