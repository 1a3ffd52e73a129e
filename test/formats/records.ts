import type { FloatFormat } from '../../src/formats/format.js';

/** Formats that users may write: every rule for the lowest binade and for the top codes, signed and not. */
export function records(): FloatFormat[] {
  const result: FloatFormat[] = [];
  for (const [exponentBits, mantissaBits] of [
    [3, 2],
    [2, 0],
    [4, 1],
  ])
    for (const lowest of ['subnormal', 'normal', 'zero-only', 'none'] as const)
      for (const specials of ['ieee', 'fn', 'fnuz', 'merged', 'none'] as const)
        for (const signed of [true, false]) {
          const name = `${signed ? 's' : 'u'}${exponentBits}.${mantissaBits} ${lowest} ${specials}`;
          const format = { name, signed, exponentBits, mantissaBits, bias: 2, lowest, specials } as const;
          // No NaN without a mantissa or a code to spare, none in place of a -0 that there is not, once.
          const oneMinusZero = signed && (lowest === 'subnormal' || lowest === 'normal');
          const nowhere = specials === 'ieee' ? mantissaBits === 0 : specials === 'fnuz' && !oneMinusZero;
          if (!nowhere) result.push({ kind: 'float', radix: 2, ...format });
        }
  return result;
}
