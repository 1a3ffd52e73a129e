import type { RuleName } from '../conventions/rules.js';

/** What a reader of network files is told besides the file. */
export interface ReadOptions {
  /** Whose arithmetic quantized operators have; what the file's kind is used with where it is left out. */
  rules?: RuleName;
}
