import { binaryWord, hexWord, type Port, wordBits } from '../port.js';
import type { WordFormat } from './wordFormat.js';

/**
 * $readmemh and $readmemb: one word a line in fixed width, comments only at the head, every word written, and a final
 * newline, without which Verilator reads the last word as zero.
 */
function readmem(extension: string, text: (port: Port, codes: readonly bigint[]) => string): WordFormat {
  return {
    extension,
    begin: (port, depth) =>
      `// ${port.name}: ${depth} words of ${wordBits(port)} bits, ${port.lanes} x ${port.format.name}, lane 0 least significant\n`,
    word: (port, codes) => `${text(port, codes)}\n`,
    end: () => '',
  };
}

export const readmemh = readmem('memh', hexWord);
export const readmemb = readmem('memb', binaryWord);
