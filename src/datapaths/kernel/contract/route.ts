import type { Datapath } from '../../datapath.js';
import type { Order } from '../../order.js';
import type { Gemm } from './gemm.js';
import type { Scalar } from './scalar.js';

/** What a route is asked for: matrix products of a datapath in one order of additions. */
export interface Asked {
  datapath: Datapath;
  order: Order;
  /** The datapath on float64 values, for single outputs that lanes leave. */
  scalar: Scalar;
  /** Whole products by those, for jobs whose operands a route cannot take. */
  slower: Gemm;
}

/** A way to compute the products: its name, the facts that chose it, and how it computes sums and statistics. */
export type Offer = Pick<Gemm, 'route' | 'why' | 'sums' | 'stats' | 'windows' | 'integers'>;

/** Decides from a datapath's facts alone; a refusal says in words what stands against it. */
export type Route = (asked: Asked) => Offer | Refusal;
export type Refusal = string;
