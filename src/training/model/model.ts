import {
  type Arithmetic,
  type ConvLayer,
  type DenseLayer,
  isMacLayer,
  type Layer,
  type Network,
} from '../../networks/network.js';
import { add } from '../../networks/operators.js';
import type { Parameter } from '../../networks/parameter.js';
import { type FloatTensor, floatTensor } from '../../networks/tensor.js';
import { macModule, type OperandQuantizers } from './mac.js';
import type { Module, LayerOperands } from './module.js';
import { normModule } from './norm.js';
import type { StateArray } from './state.js';
import { flattenModule, maxPoolModule, reluModule, signModule } from './plain.js';

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

export type QuantizersOf = (layer: ConvLayer | DenseLayer) => OperandQuantizers;

/** @throws Error naming a layer that cannot be trained through */
export function modelOf(network: Network, arithmetic: Arithmetic, quantizersOf: QuantizersOf = () => ({})): Model {
  const moved = movedByTraining(network);
  const steps = network.layers.map((layer) => ({ layer, module: moduleOf(layer, moved, arithmetic, quantizersOf) }));
  const input = network.input.name;

  function forward(x: FloatTensor, training: boolean): FloatTensor {
    const tensors = new Map([[input, x]]);
    const at = (name: string) => tensors.get(name) ?? floatTensor([0]);
    for (const { layer, module } of steps)
      tensors.set(
        layer.name,
        module === undefined ? add(at(layer.input), at(otherOf(layer))) : module.forward(at(layer.input), training),
      );
    return at(network.output);
  }

  function backward(gradient: FloatTensor): void {
    const gradients = new Map([[network.output, gradient]]);
    for (const { layer, module } of steps.toReversed()) {
      const dy = gradients.get(layer.name);
      if (dy === undefined) continue;
      const dx = module === undefined ? dy : module.backward(dy);
      for (const name of module === undefined ? [layer.input, otherOf(layer)] : [layer.input]) {
        const known = gradients.get(name);
        gradients.set(name, known === undefined ? dx : add(known, dx));
      }
    }
  }

  return {
    parameters: steps.flatMap(({ module }) => module?.parameters ?? []),
    state: steps.flatMap(({ module }) => module?.state ?? []),
    forward,
    backward,
    operands() {
      const found = steps.map(({ layer, module }) => [layer.name, module?.operands?.()] as const);
      return new Map(found.filter((entry): entry is [string, LayerOperands] => entry[1] !== undefined));
    },
    network: () => ({ ...network, layers: steps.map(({ layer, module }) => module?.layer() ?? layer) }),
  };
}

function otherOf(layer: Layer): string {
  return layer.op === 'add' ? layer.other : '';
}

/** Tensors that some parameter has a part in: only their gradients are of use. */
function movedByTraining({ layers }: Network): ReadonlySet<string> {
  const moved = new Set<string>();
  for (const layer of layers) {
    const own = isMacLayer(layer) || layer.op === 'batchNorm';
    if (own || moved.has(layer.input) || moved.has(otherOf(layer))) moved.add(layer.name);
  }
  return moved;
}

/** Undefined for an add, which has nothing of its own. */
function moduleOf(
  layer: Layer,
  moved: ReadonlySet<string>,
  arithmetic: Arithmetic,
  quantizersOf: QuantizersOf,
): Module | undefined {
  switch (layer.op) {
    case 'conv':
    case 'dense':
      return macModule(layer, arithmetic, quantizersOf(layer), moved.has(layer.input));
    case 'batchNorm':
      return normModule(layer);
    case 'maxPool':
      return maxPoolModule(layer);
    case 'relu':
      return reluModule(layer);
    case 'sign':
      return signModule(layer);
    case 'flatten':
      return flattenModule(layer);
    case 'add':
      return undefined;
    default:
      throw new Error(
        `layer ${layer.name}: there is no gradient of ${layer.op} here, leave it out of a network to be trained`,
      );
  }
}
