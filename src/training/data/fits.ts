import type { Network } from '../../networks/network.js';
import { sizeOf } from '../../networks/tensor.js';
import { factsOf, inputOf, outputOf } from '../../networks/facts.js';
import { type Dataset, placeOf } from './dataset.js';

/**
 * Checks data where they meet a network: images of the size that it reads, and labels that are among its outputs.
 * @throws Error with one line naming the file and line, what was found and what the network has
 */
export function checkFits(network: Network, data: Dataset): void {
  const { name } = network;
  checkSize(network, data);
  const shape = (factsOf(network).get(outputOf(network))?.shape ?? []).slice(1);
  const classes = sizeOf(shape);
  if (shape[0] !== classes)
    throw new Error(`network ${name} gives ${shape.join('x')} for an image: one number for each class is wanted`);
  const wrong = data.labels.findIndex((label) => label >= classes);
  if (wrong >= 0)
    throw new Error(
      `${placeOf(data, wrong)}: the label is ${data.labels[wrong]}, and network ${name} has ${classes} outputs: labels are 0 to ${classes - 1}`,
    );
}

/** @throws RangeError unless the images are of the size that the network reads */
export function checkSize(network: Network, { shape, origin }: Dataset): void {
  const { name } = network;
  const read = inputOf(network).shape.slice(1).join('x');
  if (read === shape.join('x')) return;
  const where = origin === undefined ? '' : ` (${origin.file})`;
  throw new RangeError(`network ${name} reads ${read}, the images are ${shape.join('x')}${where}`);
}
