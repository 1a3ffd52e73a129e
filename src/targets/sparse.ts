import type { TargetFields } from './schema.js';
import { SIXTEEN } from './sixteen.js';

/** The int8 array of 16 x 16 with what three kinds of hardware make of zero weights; what that costs is said in sparsity. */
const int8 = SIXTEEN.find(({ name }) => name === 'int8') as TargetFields;

const MACHINES = {
  'int8-gated': { kind: 'gated' },
  'int8-2of4': { kind: 'n-of-m', n: 2, m: 4 },
  'int8-skipping': { kind: 'skipping' },
} as const satisfies Record<string, TargetFields['sparsity']>;

export const SPARSE: readonly TargetFields[] = Object.entries(MACHINES).map(([name, sparsity]) => ({
  ...int8,
  name,
  sparsity,
}));
