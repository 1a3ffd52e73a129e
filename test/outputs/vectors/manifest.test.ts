import { expect, it } from 'vitest';
import { manifestSchema } from '../../../src/outputs/vectors/manifest.js';

const SHA256 = '0'.repeat(64);
const common = {
  ...{ generator: 'g', command: 'c', format: 'readmemh', datapath: {}, order: {} },
  files: [{ name: 'f', bytes: 0, sha256: SHA256 }],
};
const source = { network: { file: 'n', sha256: SHA256 }, image: 0, data: 'digits' };
const port = {
  ...{ name: 'a', direction: 'in', file: 'a.memh', format: 'int8', lanes: 1, wordBits: 1, depth: 1 },
  tensor: { shape: [1], axis: 0 },
};
const classes = [{ sign: '+', position: 'exact', rows: 0, binades: '', missed: '' }];
const coverage = {
  sites: [
    { site: 'sum', format: 'fp16', classes, zeros: { positive: 0, negative: 0 }, specials: { infinite: 0, nan: 0 } },
  ],
  cancelled: { none: 0 },
};
const unit = {
  ...{ kind: 'unit', ...common, ports: [port], k: 1, rows: 1, stimulus: 'exhaustive', coverage, seed: 0 },
};
const layer = {
  ...{ kind: 'layer', ...common, ...source, ports: [port], target: 't', array: {}, layer: 'l', parameters: {} },
  ...{ product: { m: 1, n: 1, k: 1, groups: 1 }, cycles: { total: 1 } },
};

/** The places of all numbers of a record that are the least it takes, as paths. */
function numbersIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value === 'number') return [[...path]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => numbersIn(below, [...path, key]));
}

/** Whole numbers without an end, and those of the product, which are the network's. */
const ENDLESS = ['seed', 'bytes', 'm', 'n', 'k', 'groups', 'total'];

it.each([
  ['a unit', unit],
  ['a layer', layer],
])('a manifest of %s has counts from where they begin: as small as they are, and no smaller', (_name, manifest) => {
  expect(manifestSchema.safeParse(manifest).error).toBeUndefined();
  const paths = numbersIn(manifest).filter(
    (path) => path.join('.') === 'k' || !ENDLESS.includes(path.at(-1) as string),
  );
  expect(paths.length).toBeGreaterThan(5);
  for (const path of paths) {
    const smaller = structuredClone(manifest) as Record<string, unknown>;
    const last = path.at(-1) as string;
    const place = path.slice(0, -1).reduce((at, step) => at[step] as Record<string, unknown>, smaller);
    place[last] = (place[last] as number) - 1;
    expect(manifestSchema.safeParse(smaller).success, path.join('.')).toBe(false);
  }
});

it('a digest has 64 hexadecimal digits', () => {
  for (const sha256 of ['0'.repeat(63), '0'.repeat(65)]) {
    expect(manifestSchema.safeParse({ ...layer, network: { file: 'n', sha256 } }).success).toBe(false);
    expect(manifestSchema.safeParse({ ...unit, files: [{ name: 'f', bytes: 0, sha256 }] }).success).toBe(false);
  }
});
