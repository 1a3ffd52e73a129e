import type { TargetFields } from './schema.js';

export type TargetUnit = TargetFields['datapath'];
export type EnergyFields = Exclude<TargetFields['energy'], string>['entries'][number];

/** What the built-in entries of energy have in common: they are Horowitz's figures, scaled. */
export const AT_45NM = { node: '45 nm', voltage: 0.9, extrapolated: true } as const;

/** An array of 16 x 16, different from the others in nothing but its units, which the source is that of. */
export function squareArray(
  name: string,
  units: readonly [TargetUnit, ...TargetUnit[]],
  entries: readonly EnergyFields[],
  source: string,
): TargetFields {
  const [datapath, ...others] = units;
  return {
    name,
    array: { rows: 16, cols: 16, dataflow: 'os' },
    datapath,
    others,
    memories: { a: 32, b: 128, sum: 32 },
    clockMhz: 500,
    energy: entries.length === 0 ? 'horowitz-45nm' : { table: 'horowitz-45nm', entries: [...entries] },
    source: {
      array: 'chosen: the same for all arrays of 16 x 16',
      datapath: source,
      memories: 'chosen: 32 KB of activations, 128 KB of weights and 32 KB of sums hold a network of the LeNet class',
      clockMhz: 'chosen: the same for all, moderate for 45 nm',
      energy: 'Horowitz, ISSCC 2014, and gate-level ratios; each entry has its own source',
    },
  };
}
