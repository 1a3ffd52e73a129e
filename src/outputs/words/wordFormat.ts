import type { Port } from '../port.js';

/** A kind of file that holds one port's words. Everything is text but npy, whose words are bytes. */
export interface WordFormat {
  extension: string;
  /** What comes before the first word. `depth` is the number of words. */
  begin(port: Port, depth: number): string | Uint8Array;
  word(port: Port, codes: readonly bigint[], address: number, last: boolean): string | Uint8Array;
  end(port: Port): string;
}
