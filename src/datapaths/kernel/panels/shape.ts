import type { Panel } from './pack.js';

type ViewOf<T extends Panel> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

/** How a nest lays its operands and sums out. */
export interface Shape {
  operand: ViewOf<Panel>;
  operandBytes: number;
  /** Rows' elements where they differ from columns'. */
  row?: { operand: ViewOf<Panel>; operandBytes: number };
  sum: ViewOf<Panel>;
  sumBytes: number;
  /** Columns of a tile. */
  width: number;
  /** Products that one step of the inner loop takes; they lie together. */
  group: number;
}

/** 8-bit codes are integers of so many bits: eight at a time become 16-bit lanes without a table. */
export interface Extension {
  bits: number;
  signed: boolean;
}

/** What the packers of one kind of panels are made for. */
export interface PackShape {
  codeBytes: 1 | 2;
  elementBytes: number;
  width: number;
  group: number;
  /** What the table does to 8-bit codes. */
  extension?: Extension;
}
