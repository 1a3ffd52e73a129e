import { findDatapath } from '../datapaths/catalog.js';
import { TARGETS } from '../targets/catalog.js';
import { isTargetFile } from './arguments.js';

/** What a name or a file is of: a datapath's unit, a target's array; names of the catalogues are often both. */
export function kindsOf(name: string): { unit: boolean; mesh: boolean } {
  if (/[/\\]|\.(ya?ml|json)$/i.test(name)) {
    const mesh = isTargetFile(name);
    return { unit: !mesh, mesh };
  }
  const mesh = TARGETS.some((target) => target.name === name);
  return { unit: !mesh || findDatapath(name) !== undefined, mesh };
}
