import type { Network } from '../../networks/network.js';
import { DIGITS } from './digits.js';
import { FLAGS } from './flags.js';
import type { Generator } from './generator.js';

/** Every generator of images, each of a shape of its own, by which a network finds the one that it is for. */
export const GENERATORS: readonly Generator[] = [DIGITS, FLAGS];

const sides = (shape: readonly number[]) => shape.join('x');

/**
 * Of images that a network reads; digits where nobody says which network.
 * @throws RangeError naming what it reads and what is generated
 */
export function generatorFor(network?: Network): Generator {
  if (network === undefined) return DIGITS;
  const { name, inputs } = network;
  const read = inputs.length === 1 ? sides(inputs[0].shape.slice(1)) : undefined;
  const found = GENERATORS.find(({ shape }) => sides(shape) === read);
  if (found !== undefined) return found;
  const ports = inputs.map((input) => `${input.name} (${sides(input.shape)})`).join(', ');
  const generated = GENERATORS.map((generator) => `${generator.name} are ${sides(generator.shape)}`).join(' and ');
  throw new RangeError(
    `network ${name} reads ${ports}, and generated ${generated}: give data of your own, --data or --input`,
  );
}
