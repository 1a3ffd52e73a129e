import type { Datapath } from '../datapath.js';

/**
 * How a fact about a chip is known, best first. `silicon`: rows captured from the chip are reproduced without a
 * mismatch. `documented`: read in the vendor's documents, RTL or emulator. `peer-model`: taken from another model whose
 * authors compared it with the chip. `looked-up`: seen on a secondary page. `disputed`: sources disagree. `memory`: only
 * recalled, not checked. `guess`: no source.
 */
export type Confidence = 'silicon' | 'documented' | 'peer-model' | 'looked-up' | 'disputed' | 'memory' | 'guess';

export interface Evidence {
  confidence: Confidence;
  source: string;
}

/** A published unit: its datapath, and how each field is known. */
export interface Sourced {
  datapath: Datapath;
  /** Chips that have the unit, as their vendors write them. */
  chips: readonly string[];
  /** How the fields are known that `fields` does not name. */
  evidence: Evidence;
  /** By field of the datapath file; a dot leads into a field, as in `combine.exponentFloor`. */
  fields: Readonly<Record<string, Evidence>>;
}

/** How a field of a unit is known: its own evidence, else that of the field that holds it, else the unit's. */
export function evidenceOf({ fields, evidence }: Sourced, field: string): Evidence {
  for (let path = field; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('.'))))
    if (fields[path] !== undefined) return fields[path];
  return evidence;
}

export const MMA_SIM: Evidence = { confidence: 'peer-model', source: 'MMA-Sim c785138, arXiv:2511.10909' };

export function recalled(what: string): Evidence {
  return { confidence: 'memory', source: what };
}

export function documented(source: string): Evidence {
  return { confidence: 'documented', source };
}

export function guessed(why: string): Evidence {
  return { confidence: 'guess', source: why };
}

export function disputed(sides: string): Evidence {
  return { confidence: 'disputed', source: sides };
}
