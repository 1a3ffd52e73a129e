import type { Arithmetic, ConvLayer, DenseLayer, Layer, LayerOf, Op } from '../../networks/network.js';
import { entryOf } from '../../networks/operators/index.js';
import { macModule, type OperandQuantizers } from './mac.js';
import { type LayerModule, type Module, single } from './module.js';
import { normModule } from './norm.js';
import { addModule, averagePoolModule, flattenModule, maxPoolModule, reluModule, signModule } from './plain.js';

export type QuantizersOf = (layer: ConvLayer | DenseLayer) => OperandQuantizers;

/** What a layer's module may ask of the model around it. */
export interface ModuleContext {
  arithmetic: Arithmetic;
  quantizersOf: QuantizersOf;
  /** False where no parameter lies before the layer, so that nobody asks for that gradient. */
  needsInputGradient: boolean;
}

/** How training goes through an operator. */
interface Trainable<L extends Layer = Layer> {
  /** It has parameters of its own. */
  learns?: boolean;
  module(layer: L, context: ModuleContext): LayerModule;
}

/** Training does not go through the operator. */
const NO_GRADIENT = 'no gradient';

const mac = {
  learns: true,
  module: (layer: ConvLayer | DenseLayer, { arithmetic, quantizersOf, needsInputGradient }: ModuleContext) =>
    single(macModule(layer, arithmetic, quantizersOf(layer), needsInputGradient)),
};

const one = <L extends Layer>(module: (layer: L) => Module, learns = false): Trainable<L> => ({
  learns,
  module: (layer) => single(module(layer)),
});

/** How training goes through each operator, or that it does not. */
const MODULES: { readonly [O in Op]: Trainable<LayerOf<O>> | typeof NO_GRADIENT } = {
  add: { module: addModule },
  averagePool: one(averagePoolModule),
  batchNorm: one(normModule, true),
  choose: NO_GRADIENT,
  conv: mac,
  dense: mac,
  dequantize: NO_GRADIENT,
  flatten: one(flattenModule),
  general: NO_GRADIENT,
  maxPool: one(maxPoolModule),
  quantize: NO_GRADIENT,
  relu: one(reluModule),
  sign: one(signModule),
  softmax: NO_GRADIENT,
};

/** @throws Error naming a layer that cannot be trained through */
export function trainableOf(layer: Layer): Trainable {
  const entry = entryOf<Trainable | typeof NO_GRADIENT>(MODULES, layer);
  if (entry !== NO_GRADIENT) return entry;
  throw new Error(
    `layer ${layer.name}: there is no gradient of ${layer.op} here, leave it out of a network to be trained`,
  );
}
