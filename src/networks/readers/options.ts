import type { RuleName } from '../conventions/rules.js';

/** A node that cannot be read: its name, its operator, and why. */
export interface ReadRefusal {
  name: string;
  op: string;
  reason: string;
}

/** What a reader of network files is told besides the file. */
export interface ReadOptions {
  /** Whose arithmetic quantized operators have; what the file's kind is used with where it is left out. */
  rules?: RuleName;
  /** Shapes of inputs by name, where the file leaves lengths open. */
  shapes?: Readonly<Record<string, readonly number[]>>;
  /** Hears each node that cannot be read, and reading goes on behind it; without it the first is an error. */
  refused?: (refusal: ReadRefusal) => void;
  /** Where the files lie that a network keeps its tensors in. */
  folder?: string;
}
