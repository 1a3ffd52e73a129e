import { widthOf } from '../../dist/formats/format.js';

/** Codes of ordinary data: floats in the middle binades, integers of all codes; every sum stays finite. */
export function codes(format, length, seed) {
  let state = seed;
  const next = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) / 2 ** 24;
  const span = 2 ** (widthOf(format) - 1);
  const float = format.kind === 'float' && widthOf(format) === 8;
  if (widthOf(format) > 8) {
    const { bias, mantissaBits, paddingBits = 0 } = format;
    const Codes = widthOf(format) > 16 ? Uint32Array : Uint16Array;
    const magnitude = () => Math.floor((bias - 3 + 4 * next()) * 2 ** mantissaBits) * 2 ** paddingBits;
    return Codes.from({ length }, () => (next() < 0.5 ? span : 0) + magnitude());
  }
  if (format.kind === 'float' && !format.signed) return Uint8Array.from({ length }, () => format.bias - 4 + 8 * next());
  return Uint8Array.from({ length }, () => (float ? (next() < 0.5 ? span : 0) + 0x28 + next() * 24 : next() * span * 2));
}

/** Best of some runs, in milliseconds; the first ones warm the compilers up. */
export function best(run, budget) {
  let least = Infinity;
  const end = performance.now() + budget;
  for (let runs = 0; runs < 3 || performance.now() < end; runs++) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** Scales of blocks for a product of so many rows, columns and products; none where the unit reads none. */
export function scalesOf({ blockScale }, size) {
  if (blockScale === undefined) return {};
  const length = size * Math.ceil(size / blockScale.size);
  return { aScales: codes(blockScale.format, length, 13), bScales: codes(blockScale.format, length, 17) };
}
