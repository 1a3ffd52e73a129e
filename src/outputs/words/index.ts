import { readmemb, readmemh } from './readmem.js';
import { c, json, npy } from './software.js';
import { coe, intelMif, vivadoMif } from './vendor.js';
import type { WordFormat } from './wordFormat.js';

/** The kinds of vector files by name. Adding one is one entry. */
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
