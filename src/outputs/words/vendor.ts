import { binaryWord, hexWord, wordBits } from '../port.js';
import type { WordFormat } from './wordFormat.js';

/** Xilinx memory initialisation for block RAM generators. */
export const coe: WordFormat = {
  extension: 'coe',
  begin: () => 'memory_initialization_radix=16;\nmemory_initialization_vector=\n',
  word: (port, codes, _address, last) => `${hexWord(port, codes)}${last ? ';' : ','}\n`,
  end: () => '',
};

/** Vivado's: one binary word a line and nothing else. */
export const vivadoMif: WordFormat = {
  extension: 'mif',
  begin: () => '',
  word: (port, codes) => `${binaryWord(port, codes)}\n`,
  end: () => '',
};

/** Intel (Altera) Quartus. */
export const intelMif: WordFormat = {
  extension: 'mif',
  begin: (port, depth) =>
    `DEPTH = ${depth};\nWIDTH = ${wordBits(port)};\nADDRESS_RADIX = UNS;\nDATA_RADIX = HEX;\nCONTENT BEGIN\n`,
  word: (port, codes, address) => `${address} : ${hexWord(port, codes)};\n`,
  end: () => 'END;\n',
};
