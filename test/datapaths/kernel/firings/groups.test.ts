import { expect, it } from 'vitest';
import type { Datapath } from '../../../../src/datapaths/datapath.js';
import { termPlan } from '../../../../src/datapaths/kernel/float64/terms.js';
import { groupsFor } from '../../../../src/datapaths/kernel/firings/groups.js';
import type { GemmJob } from '../../../../src/datapaths/kernel/index.js';
import type { Order } from '../../../../src/datapaths/order.js';
import { alignmentExponent } from '../../../../src/datapaths/products.js';
import { decode } from '../../../../src/formats/codec.js';
import { toNumber } from '../../../../src/formats/raw.js';
import { anyCode, drawJob, generator, MATRIX_UNITS, normalCode } from '../jobs.js';

/** Groups that share a scale: for every term its elements, then the scale, and the power that the term aligns by. */
const units = [
  ...new Map(
    MATRIX_UNITS.filter(({ blockScale }) => blockScale?.apply === 'group').map((unit) => [
      JSON.stringify([unit.a, unit.b, unit.blockScale]),
      unit,
    ]),
  ).values(),
];

/** What lies at the places of a line's term: elements beyond k are 0, and without scales there is a 1. */
function wanted({ a, b, blockScale, operands }: Datapath, side: 'a' | 'b', job: GemmJob, line: number, first: number) {
  if (blockScale === undefined) throw new Error('no scales');
  const { size, format, group = size } = blockScale;
  const { n, k } = job;
  const [codes, scales] = side === 'a' ? [job.a, job.aScales] : [job.b, job.bScales];
  const [element, of] = [side === 'a' ? a : b, (at: number) => (side === 'a' ? line * k + at : at * n + line)];
  const numbers = Array.from({ length: group }, (_, i) =>
    first + i < k ? toNumber(decode(element, codes[of(first + i)], operands)) : 0,
  );
  const block = Math.floor(first / size);
  const code = scales?.[side === 'a' ? line * Math.ceil(k / size) + block : block * n + line];
  if (code === undefined) return [...numbers, 1, 1];
  const scale = decode(format, code);
  return [...numbers, toNumber(scale), scale.kind === 'finite' ? 2 ** alignmentExponent(format, scale) : 0];
}

it.each(units.map((unit) => [unit.name, unit] as const))(
  '%s: places of every term, and what they hold',
  (_name, unit) => {
    const { size = 1, group = size } = unit.blockScale ?? {};
    const random = generator(13);
    const orders: Order[] = [
      { kind: 'sequential' },
      { kind: 'chunked', length: 2 * group },
      { kind: 'permuted', indices: [2, 0, 1] },
    ];
    for (const draw of [normalCode(random, 1), anyCode(random)])
      for (const order of orders)
        for (const scaled of [true, false]) {
          const [m, n, k] = [3, 2, 3 * size + group + 1];
          const { aScales, bScales, ...plain } = drawJob(unit, [m, n, k], draw);
          const job: GemmJob = { ...plain, ...(scaled && { aScales }), bScales };
          const plan = termPlan(unit, order, k);
          const terms = plan.runs.reduce((sum, run) => sum + run, 0);
          const places = terms * (group + 2);
          groupsFor(unit)(job, plan).forEach(({ codes, values, seen }, i) => {
            const lines = i === 0 ? m : n;
            expect(codes).toHaveLength(lines * places);
            for (let line = 0; line < lines; line++)
              for (let term = 0; term < terms; term++) {
                const first = (plan.sequence?.[term] ?? term) * group;
                const found = Array.from({ length: group + 2 }, (_, at) => {
                  const place = term * (group + 2) + at;
                  return values[codes[i === 0 ? line * places + place : place * n + line]];
                });
                expect(found).toEqual(wanted(unit, i === 0 ? 'a' : 'b', job, line, first));
              }
            // A group's sum times its scale is no larger than both operands' largest together.
            const finite = Array.from(values).filter(Number.isFinite);
            expect(seen.nans).toBe(values.some(Number.isNaN));
            expect(seen.negative).toBe(finite.some((value) => value < 0));
          });
          const [x, y] = groupsFor(unit)(job, plan).map(({ seen }) => seen);
          const most = (codes: ArrayLike<number>, format: Datapath['a'], operands = unit.operands) =>
            Math.max(
              ...Array.from(codes, (code) => Math.abs(toNumber(decode(format, code, operands)))).filter(
                Number.isFinite,
              ),
            );
          const scale = unit.blockScale?.format ?? unit.a;
          const largest = (codes: ArrayLike<number> | undefined) =>
            codes === undefined ? 1 : most(codes, scale, 'keep');
          const bound = group * most(job.a, unit.a) * most(job.b, unit.b) * largest(job.aScales) * largest(job.bScales);
          expect(x.max * y.max).toBeGreaterThanOrEqual(bound);
          expect(x.max * y.max).toBeLessThan(bound * (1 + 2 ** -38));
        }
  },
);

it('operands without scales have no groups', () => {
  const { blockScale: _scale, ...plain } = units[0];
  expect(() => groupsFor(plain)).toThrow('groupsFor: the datapath has no block scales');
});
