import type { Datapath } from '../datapaths/datapath.js';
import type { BlockFormat } from '../formats/block.js';
import type { LoweredJob } from '../networks/lower.js';
import { type Target, unitFor } from './target.js';

/** What decides which unit runs a product. */
export type UnitJob = Pick<LoweredJob, 'layer' | 'aFormat' | 'bFormat' | 'blocks'>;

/**
 * The target's unit for a product of codes, or of operands in blocks.
 * @throws RangeError naming the layer, when it is not quantized or the target has no unit for it
 */
export function unitForJob(target: Target, { layer, aFormat, bFormat, blocks }: UnitJob): Datapath {
  if (blocks !== undefined) return blockUnitFor(target, layer, blocks);
  if (aFormat !== undefined && bFormat !== undefined) return unitFor(target, layer, aFormat, bFormat);
  throw new RangeError(`layer ${layer} is not quantized: a target multiplies codes; quantize the network first`);
}

/** A unit that reads the elements, and scales of that format for as many of them. */
function blockUnitFor(target: Target, layer: string, { name, element, size, scale }: BlockFormat): Datapath {
  const found = [target.datapath, ...target.others].find(
    ({ a, b, blockScale }) =>
      a.name === element.name &&
      b.name === element.name &&
      blockScale?.format.name === scale.name &&
      blockScale.size === size,
  );
  if (found !== undefined) return found;
  throw new RangeError(
    `layer ${layer} multiplies blocks of ${name} (${size} of ${element.name} with a scale of ${scale.name}), and target ${target.name} has no unit with such a blockScale`,
  );
}
