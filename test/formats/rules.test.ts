import { expect, it } from 'vitest';
import { formatNamed } from '../../src/formats/catalog.js';
import { fitTo } from '../../src/formats/codec.js';
import type { Overflow } from '../../src/formats/fit.js';
import type { FloatFormat } from '../../src/formats/format.js';
import { stochastic } from '../../src/formats/rounding.js';
import { disputesOf, overflowRule, overflowRules } from '../../src/formats/rules.js';

const LARGEST = 'a finite value beyond the largest and an infinity become the largest finite value';
const NAN = 'a finite value beyond the largest and an infinity become NaN';
const KEPT = 'a finite value beyond the largest becomes';

/** By format, each rule with the policies that have it: the table of fit.ts applied by hand. */
const RULES: readonly [string, Record<string, string>][] = [
  [
    'e5m2',
    {
      'ieee infinity': `${KEPT} infinity, an infinity stays`,
      saturate: LARGEST,
      'saturate-propagate': `${KEPT} the largest finite value, an infinity stays`,
      nan: `${KEPT} NaN, an infinity stays`,
    },
  ],
  ['e4m3fn', { 'ieee infinity nan': NAN, 'saturate saturate-propagate': LARGEST }],
  ['e8m0fnu', { 'ieee infinity nan': NAN, 'saturate saturate-propagate': LARGEST }],
  ['e2m1fn', { 'ieee infinity saturate saturate-propagate nan': LARGEST }],
  ['binary', { 'ieee infinity saturate saturate-propagate nan': LARGEST }],
  [
    'int5',
    {
      'ieee infinity saturate saturate-propagate nan': LARGEST,
      wrap: `${KEPT} what is left of it modulo 2^5 units, an infinity the largest finite value`,
    },
  ],
];

it.each(RULES)('%s says what each policy does, those of one rule together', (name, rules) => {
  const found = overflowRules(formatNamed(name)).map(({ policies, rule }) => [policies.join(' '), rule]);
  expect(Object.fromEntries(found)).toEqual(rules);
});

it('a rounding toward one side does otherwise on the other', () => {
  const rule = (rounding: 'rup' | 'rdn' | 'rtz', overflow: Overflow = 'ieee', format = formatNamed('fp16')) =>
    overflowRule(fitTo(format, { rounding, overflow }));
  const [above, below] = ['infinity', 'the largest finite value'];
  expect(rule('rup')).toBe(`${KEPT} ${above} (${below} where it is negative), an infinity stays`);
  expect(rule('rdn')).toBe(`${KEPT} ${below} (${above} where it is negative), an infinity stays`);
  expect(rule('rtz')).toBe(`${KEPT} ${below}, an infinity stays`);
  expect(rule('rup', 'infinity')).toBe(`${KEPT} infinity, an infinity stays`);
  expect(rule('rup', 'ieee', formatNamed('e4m3fn'))).toBe(
    `${KEPT} NaN (the largest finite value where it is negative), an infinity NaN`,
  );
  // A format without a sign has one side alone.
  const unsigned: FloatFormat = { ...(formatNamed('e5m2') as FloatFormat), name: 'ue5m2', signed: false };
  expect(rule('rup', 'ieee', unsigned)).toBe(`${KEPT} infinity, an infinity stays`);
  expect(overflowRule(fitTo(formatNamed('fp16'), { rounding: stochastic(4) }))).toBe(
    `${KEPT} infinity, an infinity stays`,
  );
});

it('names what documents differ on, where they do', () => {
  expect(['e8m0fnu', 'e3m2fn', 'e2m3fn', 'e2m1fn', 'fp16'].map((name) => disputesOf(formatNamed(name)).length)).toEqual(
    [3, 1, 1, 1, 0],
  );
});
