import { isMade } from '../networks/build/builder.js';
import { executeAll } from '../networks/execute.js';
import type { Network } from '../networks/network.js';
import type { Tensor } from '../networks/tensor.js';
import type { Target } from '../targets/target.js';
import { targetArithmetic, unitsOf } from './arithmetic.js';
import type { RunData } from './runData.js';

/** Which tensors of a run are looked at: what the network gives, or all that its file names and the run still makes. */
export type TensorChoice = 'outputs' | 'all';

/** The tensors of one run on a target, bit for bit, by name, the inputs first. @throws RangeError where there is no such image */
export function tensorsOf(
  network: Network,
  target: Target,
  data: RunData,
  image: number,
  which: TensorChoice,
): Map<string, Tensor> {
  if (image >= data.count) throw new RangeError(`there are ${data.count} images, and image ${image} was asked for`);
  const first = image - (image % data.batch);
  const inputs = data.inputs(first, data.batch);
  const seen = new Map<string, Tensor>(inputs);
  const arithmetic = targetArithmetic(unitsOf(target));
  if (which === 'outputs') return executeAll(network, inputs, arithmetic);
  executeAll(network, inputs, arithmetic, (name, tensor) => seen.set(name, tensor));
  return new Map([...seen].filter(([name]) => !isMade(name)));
}
