import { type Code, i32 } from '../../../wasm/assembler.js';
import { alignedFiring } from './align.js';
import { advance, type Body, overLanes } from './body.js';
import { type Adder, carrierOf } from '../steps/lanes.js';
import type { Adding } from '../steps/step.js';
import { v128 } from '../../../wasm/vector.js';

/** One firing: the sums of a tile, or of an array's PEs, meet their lanes' products. */
export function firingOf(body: Body, adders: readonly Adder[]): void {
  const { combine, alignment } = body.firing;
  if (combine.kind === 'tree') treeFiring(body, adders[0], adders[0]);
  else if (combine.kind === 'fused' || alignment === undefined) exactFiring(body, combine.sumInside, adders);
  else alignedFiring(body, combine, alignment, adders);
}

/** Exact sums of products; an empty sum is -0, which changes nothing it is added to. */
function exactFiring(body: Body, sumInside: boolean, [fit, plus]: readonly Adder[]): void {
  const { f, firing, sums4 } = body;
  const { v, splat, bytes } = carrierOf(firing.fit);
  const totals = sums4.map((accs) => accs.map(() => f.local('v128')));
  for (const total of totals.flat()) f.emit(total.set(splat(1n << BigInt(bytes * 8 - 1))));
  overLanes(body, [...sums4[0].keys()], (r, vector, product) => {
    const total = totals[r][vector];
    f.emit(total.set(v.add(total.get, product)));
  });
  advance(body);
  sums4.forEach((accs, r) =>
    accs.forEach((acc, i) => {
      if (sumInside) fit.add(acc, acc.get, totals[r][i].get);
      else {
        fit.fit(totals[r][i], totals[r][i].get);
        plus.add(acc, acc.get, totals[r][i].get);
      }
    }),
  );
}

/** Products added pairwise, an odd one out going up unchanged; `node` rounds each of these sums. */
export function treeFiring(
  body: Pick<Body, 'f' | 'sums4' | 'reads'> & { firing: Pick<Body['firing'], 'lanes'> },
  node: Adding,
  last: Adding,
): void {
  const { f, firing, sums4, reads } = body;
  const { x, y } = reads;
  const lane = ({ at, step }: typeof x, index: number) => i32.add(at, i32.mul(step, i32.const(index)));
  sums4.forEach((accs, r) =>
    accs.forEach((acc, vector) => {
      const value = (first: number, count: number): Code => {
        if (count === 1)
          return reads.times(reads.row(lane(x, first), r)(vector), v128.load(lane(y, first), vector * 16));
        const left = 2 ** Math.ceil(Math.log2(count) - 1);
        const to = f.local('v128');
        const before = f.keep('v128', value(first, left));
        node.meet(to, before, value(first + left, count - left));
        return to.get;
      };
      last.add(acc, acc.get, value(0, firing.lanes));
    }),
  );
  reads.advance();
}
