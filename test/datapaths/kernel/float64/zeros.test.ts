import { expect, it } from 'vitest';
import { type Combine, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { compileUnit } from '../../../../src/datapaths/kernel/index.js';
import { reduce } from '../../../../src/datapaths/reference.js';
import { formatNamed } from '../../../../src/formats/catalog.js';

/** Zeros of every sign in every lane and in the running sum: a unit in float64 gives the sign that the reference gives. */
const COMBINES: readonly Combine[] = [
  { kind: 'chain' },
  { kind: 'fused', sumInside: true },
  { kind: 'fused', sumInside: false },
  { kind: 'tree', node: sumFit('fp16') },
  {
    kind: 'aligned',
    fractionBits: 8,
    truncate: 'rtz',
    productExponent: 'unnormalised',
    sumInside: true,
  },
];
const CASES = COMBINES.flatMap((combine) =>
  (['rne', 'rdn', 'rtz'] as const).flatMap((rounding) => [1, 2, 3].map((lanes) => ({ combine, rounding, lanes }))),
);

it.each(CASES)('%j', ({ combine, rounding, lanes }) => {
  const operand = formatNamed('e5m2');
  const unit = datapath({ name: 'zeros', a: operand, b: operand, lanes, combine, sum: sumFit('fp16', { rounding }) });
  const { fire } = compileUnit(unit);
  // +0, -0, 1 and -1 of e5m2; of all, as many combinations as lanes give.
  const codes = [0x00, 0x80, 0x3c, 0xbc];
  let tried = 0;
  for (let word = 0; word < 4 ** lanes; word++)
    for (const c of [0x0000, 0x8000])
      for (let live = 1; live <= lanes; live++) {
        const a = Uint8Array.from({ length: lanes }, (_, lane) => codes[Math.floor(word / 4 ** lane) % 4]);
        const b = Uint8Array.from({ length: lanes }, (_, lane) => (lane % 2 === 0 ? 0x3c : 0x00));
        const own = [a, b].map((lane) => [...lane.slice(0, live)].map(BigInt));
        const { code } = reduce(unit, { a: own[0], b: own[1], c: BigInt(c) });
        expect(fire(c, a, 0, b, 0, live), `${a.join(' ')} and ${c}, ${live} live`).toBe(Number(code));
        tried++;
      }
  expect(tried).toBe(2 * lanes * 4 ** lanes);
});
