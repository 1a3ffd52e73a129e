import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readBytes } from '../text/read.js';
import { unpackUnit } from './packed.js';
import type { GateUnit } from './unit.js';

/** A library whose netlists of the stock targets' units come with the package; its own files do not. */
export interface StockLibrary {
  name: string;
  source: string;
}

/** Adding one is a record, and what test/gates/stock.test.ts writes. */
export const STOCK_LIBRARIES: readonly StockLibrary[] = [
  {
    name: 'asap7',
    source:
      'ASAP7 7.5 track RVT, TT, 0.70 V, 25 C (predictive 7 nm; Arizona State University; BSD-3-Clause; OpenROAD-flow-scripts 8c009b0b), mapped by Yosys 0.23',
  },
  {
    name: 'sg13g2',
    source: 'IHP SG13G2, typical, 1.20 V, 25 C (130 nm; Apache-2.0; IHP-Open-PDK), mapped by Yosys 0.23',
  },
];

export function stockLibrary(name: string): StockLibrary | undefined {
  return STOCK_LIBRARIES.find((each) => each.name === name);
}

/** The file of a unit in the package, by its name and the RTL that it was made of. */
export function stockFile({ name }: StockLibrary, unit: string, rtl: string): string {
  return fileURLToPath(new URL(`stock/${name}/${unit}.${rtl.slice(0, 8)}.gates`, import.meta.url));
}

/** The gates of a unit that come with the package. @returns undefined where there are none of that RTL */
export function stockUnit(library: StockLibrary, unit: string, rtl: string): GateUnit | undefined {
  const file = stockFile(library, unit, rtl);
  if (!existsSync(file)) return undefined;
  const found = unpackUnit(readBytes(file), file);
  const { name, source } = library;
  return found.rtl === rtl ? { ...found, technology: { ...found.technology, name, source } } : undefined;
}
