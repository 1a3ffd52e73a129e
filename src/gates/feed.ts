/** Bits of an input port in a cycle: what each case has there. */
export interface PortWord {
  port: string;
  /** Its lowest bit, and how many there are, at most 32. */
  bit: number;
  bits: number;
  codeOf(c: number): number;
}

/** A sum that must be on the output port of sums in a cycle, in one case. */
export interface ExpectedSum {
  cycle: number;
  c: number;
  code: bigint;
}

/**
 * What 128 PEs that work side by side are fed, tile after tile, and the sums that must leave them. Inputs that no word names
 * are 0.
 */
export interface PeFeed {
  /** Name of the datapath. */
  unit: string;
  tiles: number;
  /** Cycles of a tile. */
  period: number;
  /** Cycles from the end of the last tile until its last sum is out. */
  after: number;
  /** MAC cycles of a PE in all tiles. */
  firings: number;
  /** Cycles that go by before anything is counted, as the nets begin at 0, which no chip does. */
  warm: readonly [from: number, to: number];
  /** Of a cycle of the tiles. */
  wordsIn(cycle: number): readonly PortWord[];
  /** The cycle before which inputs do not matter any more to some cycles, the tiles going around. */
  since(begin: number, cycles: number): number;
  sums: { port: string; bits: number; expected(): Iterable<ExpectedSum> };
}

/** A port of one bit that is 1 in all cases. */
export const raised = (port: string, bit = 0): PortWord => ({ port, bit, bits: 1, codeOf: () => 1 });

/** Products of the sums that are held against the reference. */
const MOST_PRODUCTS = 30_000;

/** Of so many products one sum in how many is looked at. */
export const lookedAt = (products: number): number => Math.max(1, Math.floor(products / MOST_PRODUCTS));
