import { c } from './c.js';
import { coe } from './coe.js';
import { csv } from './csv.js';
import { intelMif } from './intelMif.js';
import { json } from './json.js';
import { npy } from './npy.js';
import { readmemb, readmemh, vivadoMif } from './readmem.js';
import type { WordFormat, WordKind } from './wordFormat.js';

/** The memory images by name: one file a port. Adding one is one entry. */
export const WORD_FORMATS = {
  readmemh,
  readmemb,
  coe,
  'mif-vivado': vivadoMif,
  'mif-intel': intelMif,
  npy,
  json,
  c,
} as const satisfies Readonly<Record<string, WordFormat>>;

export type WordFormatName = keyof typeof WORD_FORMATS;

/** The kinds of vector files: memory images, one file a port, or one CSV with the ports side by side. */
export type VectorFormat = WordFormatName | 'csv';

export const WORD_KINDS: Readonly<Record<VectorFormat, WordKind>> = { ...WORD_FORMATS, csv };
export const VECTOR_FORMATS = Object.keys(WORD_KINDS) as VectorFormat[];
