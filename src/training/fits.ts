import { factsOf } from '../networks/facts.js';
import type { Network } from '../networks/network.js';
import { sizeOf } from '../networks/tensor.js';
import { type Dataset, placeOf } from './dataset.js';

/**
 * Checks data where they meet a network: images of the size that it reads, and labels that are among its outputs.
 * @throws Error with one line naming the file and line, what was found and what the network has
 */
export function checkFits(network: Network, data: Dataset): void {
  const { name, input, output } = network;
  const images = [1, data.rows, data.cols].join('x');
  if (input.shape.join('x') !== images)
    throw new Error(
      `network ${name} reads ${input.shape.join('x')}, the images are ${images}${data.origin === undefined ? '' : ` (${data.origin.file})`}`,
    );
  const shape = factsOf(network).get(output)?.shape ?? [];
  const classes = sizeOf(shape);
  if (shape[0] !== classes)
    throw new Error(`network ${name} gives ${shape.join('x')} for an image: one number for each class is wanted`);
  const wrong = data.labels.findIndex((label) => label >= classes);
  if (wrong >= 0)
    throw new Error(
      `${placeOf(data, wrong)}: the label is ${data.labels[wrong]}, and network ${name} has ${classes} outputs: labels are 0 to ${classes - 1}`,
    );
}
