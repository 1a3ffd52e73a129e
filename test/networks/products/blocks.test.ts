import { expect, it } from 'vitest';
import { BLOCK_FORMATS, dequantizeBlock, quantizeBlock, SCALE_RULES } from '../../../src/formats/block.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { quantizeRows, realRows } from '../../../src/networks/products/blocks.js';
import { randomFrom } from '../../../src/random/random.js';

const ROWS = 2;

/** Rows of numbers of all sizes, some of them 0 and -0, whole blocks of zeros, and of numbers that float32 barely has. */
function sample(k: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  return Float32Array.from({ length: ROWS * k }, (_, i) => {
    const kind = Math.floor(i / 16) % 5;
    if (kind === 3) return i % 2 === 0 ? 0 : -0;
    const size = kind === 4 ? 2 ** -140 : 2 ** (random.below(24) - 12);
    return random.below(6) === 0 ? 0 : random.normal() * size;
  });
}

/** The rows that an array makes of numbers are the blocks of the definition (formats/block.ts), which is exact and slow. */
it.each(
  BLOCK_FORMATS.flatMap((format) =>
    SCALE_RULES.flatMap((rule) =>
      (['e8m0fnu', 'e4m3fn'] as const).map(
        (scale) => [`${format.name}, ${rule}, scales in ${scale}`, format, rule, scale] as const,
      ),
    ),
  ),
)('%s: block by block', (_, base, rule, scale) => {
  for (const [k, tensorScale, more] of [
    [40, 1, {}],
    [33, 0.75, { symmetric: true }],
    [16, 2 ** -6, { subnormals: 'flush' as const }],
  ] as const) {
    const format = { ...base, rule, scale: formatNamed(scale), ...more };
    const x = sample(k, k);
    if (k === 40) x.set([Infinity], 5);
    if (k === 33) x.set([Number.NaN], 50);
    const found = quantizeRows(format, x, k, tensorScale);
    const blocks = Array.from({ length: ROWS }, (_each, row) =>
      Array.from({ length: Math.ceil(k / format.size) }, (_block, i) =>
        quantizeBlock(format, x.slice(row * k + i * format.size, Math.min((i + 1) * format.size, k) + row * k), {
          tensorScale,
        }),
      ),
    ).flat();
    expect(Array.from(found.scales)).toEqual(blocks.map((block) => block.scale));
    expect(Array.from(found.codes)).toEqual(blocks.flatMap((block) => block.codes));
    const values = blocks.flatMap((block) => dequantizeBlock(format, block, tensorScale));
    expect(Array.from(realRows(found, k))).toEqual(values.map(Math.fround));
  }
});
