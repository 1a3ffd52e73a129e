/**
 * routes: which way a datapath is computed, and what stands around each: checks of jobs, threads, scales multiplied in.
 */

import type { Datapath } from '../../datapath.js';
import type { Order } from '../../order.js';
import type { Gemm } from '../contract/gemm.js';
import type { Route } from '../contract/route.js';
import { firings } from '../firings/index.js';
import { referenceGemm } from '../float64/reference.js';
import { floats } from '../floats/index.js';
import { integers } from '../integers/index.js';
import { scalarGemm, scalarOf } from '../scalar.js';
import { blockGemm } from './bfloat16.js';
import { checkedGemm } from './check.js';

/** Fastest first: the first that does not refuse is taken, and after the last one output follows the other in float64. */
const LANES: readonly Route[] = [integers, firings, floats];

/**
 * Compiles a datapath for matrix products: the fastest route whose exactness follows from the datapath's own facts, and
 * the reference where none does. Every route gives the reference's bits.
 * @param order of the additions; the unit's own by default
 */
export function compileGemm(datapath: Datapath, order: Order = datapath.order): Gemm {
  return checkedGemm(routeOf(datapath, order));
}

function routeOf(datapath: Datapath, order: Order): Gemm {
  const scalar = scalarOf(datapath, order);
  if (typeof scalar === 'string') return referenceGemm(datapath, order, scalar);
  const slower = scalarGemm(datapath, order, scalar, 'float64 carries every sum, rounded to odd where it is not exact');
  if (scalar.drawsAfterwards) return slower;
  let refusal = '';
  for (const route of LANES) {
    const offer = route({ datapath, order, scalar, slower });
    if (typeof offer !== 'string') return unscaled({ datapath, order, ...offer });
    refusal = offer;
  }
  return unscaled({ ...slower, why: `${slower.why}; not in SIMD lanes: ${refusal}` });
}

/** Where scales of blocks can be multiplied into bfloat16 operands, the route of those. */
function unscaled(gemm: Gemm): Gemm {
  return blockGemm(gemm, (plain) => routeOf(plain, gemm.order));
}
