import type { Port } from './port.js';
import type { ReadWord } from './reading.js';

/** A kind of vector file. */
export interface WordKind {
  /** Of the files that are written; a file with this ending, or one of the others, is read as this kind. */
  extension: string;
  others?: readonly string[];
  /** Where several kinds have one ending, what the first line of this one looks like; any by default. */
  begins?: RegExp;
  /**
   * The words of a file in the order in which they stand, one at a time.
   * @throws Error `file:line: what is wrong and what would do`
   */
  read(path: string, port: Port): AsyncGenerator<ReadWord>;
}

/** A kind of file that holds one port's words: both ways. Everything is text but npy, whose words are bytes. */
export interface WordFormat extends WordKind {
  /** What comes before the first word. `depth` is the number of words. */
  begin(port: Port, depth: number): string | Uint8Array;
  word(port: Port, codes: readonly bigint[], address: number, last: boolean): string | Uint8Array;
  end(port: Port): string;
}
