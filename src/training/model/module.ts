import type { Layer } from '../../networks/network.js';
import type { Parameter } from '../../networks/parameter.js';
import type { FloatTensor, Operand, Quantization } from '../../networks/tensor.js';
import type { StateArray } from './state.js';

/** One layer that can be trained through: `backward` answers for the last `forward`. */
export interface Module {
  parameters: readonly Parameter[];
  /** What else the layer remembers from step to step. */
  state?: readonly StateArray[];
  /** @param training false: as it will run (batch-norm with its running statistics) */
  forward(x: FloatTensor, training: boolean): FloatTensor;
  /** From the gradient by the output, the gradient by the input; adds to the gradients of the parameters. */
  backward(gradient: FloatTensor): FloatTensor;
  /** The layer as plain data, with the parameters as they are now. */
  layer(): Layer;
  /** What the last `forward` rounded its operands to, where the layer has a product. */
  operands?(): LayerOperands | undefined;
}

/** The module of a layer with any number of inputs and outputs, in the layer's order. */
export interface LayerModule extends Omit<Module, 'forward' | 'backward'> {
  forward(inputs: readonly FloatTensor[], training: boolean): readonly FloatTensor[];
  /** One gradient for each input. */
  backward(gradients: readonly FloatTensor[]): readonly FloatTensor[];
}

/** A module of one input and one output as one of any number. */
export function single(module: Module): LayerModule {
  return {
    ...module,
    forward: ([x], training) => [module.forward(x, training)],
    backward: ([dy]) => [module.backward(dy)],
  };
}

export interface LayerOperands {
  /** Of what the layer read; undefined where that was real. */
  input: Quantization | undefined;
  /** The weights as they were multiplied: codes where one quantization holds them. */
  weight: Operand;
}
