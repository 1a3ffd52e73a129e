import { describe, expect, it } from 'vitest';
import { outerOf, planOf } from '../../../../src/datapaths/kernel/contract/plan.js';
import { layoutOf } from '../../../../src/datapaths/kernel/panels/pack.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { fitTo } from '../../../../src/formats/codec.js';
import type { Order } from '../../../../src/datapaths/order.js';

const outer = fitTo(formatNamed('fp32'));
const SEQUENTIAL: Order = { kind: 'sequential' };

describe('orders worked out for a length', () => {
  it.each<[Order, number, number, object]>([
    [SEQUENTIAL, 0, 1, { runs: [], direct: true, pairwise: false }],
    [SEQUENTIAL, 5, 2, { runs: [5], direct: true, pairwise: false }],
    [{ kind: 'chunked', length: 4 }, 0, 1, { runs: [], direct: false, pairwise: false }],
    [{ kind: 'chunked', length: 4, outer }, 10, 1, { runs: [4, 4, 2], direct: false, outer, pairwise: false }],
    [{ kind: 'chunked', length: 4 }, 8, 1, { runs: [4, 4], direct: false, pairwise: false }],
    [{ kind: 'tree', width: 3 }, 7, 1, { runs: [3, 3, 1], direct: false, pairwise: true }],
    [{ kind: 'interleaved', ways: 1 }, 0, 1, { runs: [], direct: true, pairwise: false }],
    [{ kind: 'interleaved', ways: 2 }, 0, 1, { runs: [0, 0], direct: true, pairwise: false, sequence: [] }],
    [
      { kind: 'interleaved', ways: 2 },
      7,
      2,
      { runs: [4, 3], direct: true, pairwise: false, sequence: [0, 1, 4, 5, 2, 3, 6] },
    ],
    [
      { kind: 'interleaved', ways: 3 },
      4,
      2,
      { runs: [2, 2, 0], direct: true, pairwise: false, sequence: [0, 1, 2, 3] },
    ],
    [{ kind: 'permuted', indices: [1, 0] }, 4, 1, { runs: [4], direct: true, pairwise: false, sequence: [1, 0, 3, 2] }],
    [
      { kind: 'permuted', indices: [1, 0], after: { kind: 'interleaved', ways: 2 } },
      4,
      1,
      { runs: [2, 2], direct: true, pairwise: false, sequence: [1, 3, 0, 2] },
    ],
    [
      { kind: 'permuted', indices: [1, 0], after: { kind: 'chunked', length: 3, outer } },
      4,
      1,
      { runs: [3, 1], direct: false, outer, pairwise: false, sequence: [1, 0, 3, 2] },
    ],
  ])('%o of %i products, %i a firing', (order, k, lanes, expected) => {
    const plan = planOf(order, k, lanes);
    expect({ ...plan, ...(plan.sequence && { sequence: Array.from(plan.sequence) }) }).toEqual(expected);
  });

  it('have the outer register of chunks, wherever they stand', () => {
    const chunked: Order = { kind: 'chunked', length: 4, outer };
    expect(outerOf(chunked)).toBe(outer);
    expect(outerOf({ kind: 'permuted', indices: [0], after: chunked })).toBe(outer);
    expect(outerOf({ kind: 'permuted', indices: [0] })).toBeUndefined();
    for (const order of [SEQUENTIAL, { kind: 'tree', width: 2 }, { kind: 'chunked', length: 4 }] as const)
      expect(outerOf(order)).toBeUndefined();
  });
});

describe('runs filled up to whole firings', () => {
  it.each([
    [{ runs: [5] }, 1, { source: [0, 1, 2, 3, 4], runs: [5], inOrder: 5 }],
    [{ runs: [5] }, 2, { source: [0, 1, 2, 3, 4, -1], runs: [6], inOrder: 5 }],
    [{ runs: [4] }, 2, { source: [0, 1, 2, 3], runs: [4], inOrder: 4 }],
    [{ runs: [3, 2] }, 2, { source: [0, 1, 2, -1, 3, 4], runs: [4, 2], inOrder: undefined }],
    [{ runs: [2, 3] }, 2, { source: [0, 1, 2, 3, 4, -1], runs: [2, 4], inOrder: 5 }],
    [{ runs: [2, 2], sequence: [0, 2, 1, 3] }, 2, { source: [0, 2, 1, 3], runs: [2, 2], inOrder: undefined }],
    [{ runs: [2, 1], sequence: [0, 1, 2] }, 1, { source: [0, 1, 2], runs: [2, 1], inOrder: 3 }],
    [{ runs: [] }, 4, { source: [], runs: [], inOrder: 0 }],
    [{ runs: [0, 2] }, 2, { source: [0, 1], runs: [0, 2], inOrder: 2 }],
  ])('%o by %i', ({ runs, ...rest }, step, expected) => {
    const sequence = 'sequence' in rest ? Int32Array.from(rest.sequence) : undefined;
    const layout = layoutOf({ runs, sequence, direct: true, pairwise: false }, step);
    expect({ ...layout, source: Array.from(layout.source) }).toEqual(expected);
  });
});
