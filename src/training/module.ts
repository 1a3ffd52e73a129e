import type { Layer } from '../networks/network.js';
import type { Parameter } from '../networks/parameter.js';
import type { FloatTensor } from '../networks/tensor.js';

/** One layer that can be trained through: `backward` answers for the last `forward`. */
export interface Module {
  parameters: readonly Parameter[];
  /** @param training false: as it will run (batch-norm with its running statistics) */
  forward(x: FloatTensor, training: boolean): FloatTensor;
  /** From the gradient by the output, the gradient by the input; adds to the gradients of the parameters. */
  backward(gradient: FloatTensor): FloatTensor;
  /** The layer as plain data, with the parameters as they are now. */
  layer(): Layer;
}
