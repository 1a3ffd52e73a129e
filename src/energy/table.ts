import { didYouMean } from '../text/nearest.js';
import { type Action, type Actions, type SramAction, sramIn, textOf } from './action.js';

/** What an action costs. */
export interface EnergyEntry {
  /** `multiply:int8*int8` and `add:int32` (one of them), `mac:A*B+SUM` (one product of A and B, added), `read:sram32KB`, `write:sram32KB`, `read:dram` (64 bits). */
  action: string;
  pj: number;
  source: string;
  /** Technology node, such as "45 nm". */
  node: string;
  /** Supply in volts; undefined where the source does not say. */
  voltage?: number;
  /** True where the figure is not the source's own but scaled, interpolated or taken from a neighbour. */
  extrapolated: boolean;
}

/** A named table. Public sources differ by 3x for one int8 MAC, so tables are replaceable and a sweep can run over two. */
export interface EnergyTable {
  name: string;
  entries: readonly EnergyEntry[];
}

export interface Energy {
  totalPj: number;
  parts: readonly EnergyPart[];
  /** The sources used, each once. */
  sources: readonly string[];
  /** Whether any part used is extrapolated. */
  extrapolated: boolean;
}
export interface EnergyPart {
  action: Action;
  count: number;
  energyPj: number;
  entry: EnergyEntry;
}

/** @throws RangeError naming the action and the table where the table does not have it: nothing is free by omission */
export function energyOf(actions: Actions, table: EnergyTable): Energy {
  const parts = actions.map(({ action, count }) => {
    const entry = entryOf(table, action);
    return { action, count, energyPj: count * entry.pj, entry };
  });
  return {
    totalPj: parts.reduce((total, part) => total + part.energyPj, 0),
    parts,
    sources: [...new Set(parts.map(({ entry }) => entry.source))],
    extrapolated: parts.some(({ entry }) => entry.extrapolated),
  };
}

export function findEntry(table: EnergyTable, action: Action): EnergyEntry | undefined {
  const text = textOf(action);
  const own = table.entries.find((entry) => entry.action === text);
  if (own !== undefined || !('level' in action) || action.level === 'dram') return own;
  return interpolated(table, action);
}

export function entryOf(table: EnergyTable, action: Action): EnergyEntry {
  const entry = findEntry(table, action);
  if (entry !== undefined) return entry;
  const text = textOf(action);
  const known = table.entries.map((known) => known.action);
  const alike = known.filter((name) => name.startsWith(`${action.kind}:`));
  const there = alike.length > 0 ? `there is ${alike.join(', ')}` : `there are only ${known.join(', ')}`;
  throw new RangeError(
    `no energy for ${text} in table ${table.name}: ${there}; add the entry, or name another table${didYouMean(text, known)}`,
  );
}

/** Between and beyond the sizes of the table, energy is a power of the capacity, through the two sizes at hand. */
function interpolated(table: EnergyTable, action: SramAction): EnergyEntry | undefined {
  const { kind, kilobytes: size } = action;
  const points = table.entries
    .flatMap((entry) => {
      const memory = sramIn(entry.action);
      return memory?.kind === kind ? [{ entry, size: memory.kilobytes }] : [];
    })
    .sort((x, y) => x.size - y.size);
  if (points.length < 2) return undefined;
  const above = points.findIndex((point) => point.size > size);
  const upper = above < 0 ? points.length - 1 : Math.max(above, 1);
  const [low, high] = [points[upper - 1], points[upper]];
  const power = Math.log(high.entry.pj / low.entry.pj) / Math.log(high.size / low.size);
  const pj = low.entry.pj * (size / low.size) ** power;
  const source = `${low.entry.source}, between or beyond ${low.size} and ${high.size} KB`;
  return { ...low.entry, action: textOf(action), pj, source, extrapolated: true };
}
