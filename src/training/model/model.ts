import type { Parameter } from '../../networks/parameter.js';
import { type FloatTensor, floatTensor } from '../../networks/tensor.js';
import { inputOf, inputsOf, outputOf, putOutputs, tensorOf } from '../../networks/facts.js';
import type { Arithmetic, Network } from '../../networks/network.js';
import { sum } from '../../networks/operators/add.js';
import type { LayerOperands } from './module.js';
import { type QuantizersOf, trainableOf } from './modules.js';
import type { StateArray } from './state.js';

export type { QuantizersOf };

/** A float network that can be trained: what runs is a module for each layer, what comes out is a network again. */
export interface Model {
  parameters: readonly Parameter[];
  /** What its layers remember beside the parameters. */
  state: readonly StateArray[];
  forward(x: FloatTensor, training: boolean): FloatTensor;
  backward(gradient: FloatTensor): void;
  network(): Network;
  /** What the last `forward` multiplied, by layer. */
  operands(): ReadonlyMap<string, LayerOperands>;
}

/** @throws Error naming a layer that cannot be trained through */
export function modelOf(network: Network, arithmetic: Arithmetic, quantizersOf: QuantizersOf = () => ({})): Model {
  const moved = movedByTraining(network);
  const steps = network.layers.map((layer) => {
    const needsInputGradient = layer.inputs.some((name) => moved.has(name));
    return { layer, module: trainableOf(layer).module(layer, { arithmetic, quantizersOf, needsInputGradient }) };
  });
  /** Shapes of the last run, for outputs that nothing of the loss comes through. */
  let tensors = new Map<string, FloatTensor>();

  function forward(x: FloatTensor, training: boolean): FloatTensor {
    tensors = new Map([[inputOf(network).name, x]]);
    for (const { layer, module } of steps)
      putOutputs(layer, module.forward(inputsOf(layer, tensors), training), tensors);
    return tensorOf(tensors, outputOf(network), 'output');
  }

  function backward(gradient: FloatTensor): void {
    const gradients = new Map([[outputOf(network), gradient]]);
    for (const { layer, module } of steps.toReversed()) {
      if (!layer.outputs.some((name) => gradients.has(name))) continue;
      const dys = layer.outputs.map(
        (name) => gradients.get(name) ?? floatTensor(tensorOf(tensors, name, layer.name).shape),
      );
      const dxs = module.backward(dys);
      layer.inputs.forEach((name, i) => {
        const known = gradients.get(name);
        gradients.set(name, known === undefined ? dxs[i] : sum(known, dxs[i]));
      });
    }
  }

  return {
    parameters: steps.flatMap(({ module }) => module.parameters),
    state: steps.flatMap(({ module }) => module.state ?? []),
    forward,
    backward,
    operands() {
      const found = steps.map(({ layer, module }) => [layer.name, module.operands?.()] as const);
      return new Map(found.filter((entry): entry is [string, LayerOperands] => entry[1] !== undefined));
    },
    network: () => ({ ...network, layers: steps.map(({ module }) => module.layer()) }),
  };
}

/** Tensors that some parameter has a part in: only their gradients are of use. */
function movedByTraining({ layers }: Network): ReadonlySet<string> {
  const moved = new Set<string>();
  for (const layer of layers)
    if (trainableOf(layer).learns === true || layer.inputs.some((name) => moved.has(name)))
      for (const name of layer.outputs) moved.add(name);
  return moved;
}
