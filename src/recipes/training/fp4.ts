import { formatNamed } from '../../formats/catalog.js';
import { fitTo } from '../../formats/codec.js';
import { perTensor } from '../../networks/quantization.js';
import { type FakeQuantizer, straightThrough } from '../../quantize/contract/fake.js';
import {
  formatGradients,
  type GradientQuantizer,
  luqGradients,
  radix2Gradients,
  radix4Gradients,
  switchedGradients,
} from '../../quantize/learned/gradients.js';
import { pact } from '../../quantize/learned/pact.js';
import { TWO_PHASE, type TwoPhase } from '../../quantize/codes/radix4.js';
import { sawbRow, sawbWeights } from '../../quantize/learned/sawbRows.js';
import type { Draws } from '../../random/draws.js';
import { inFormat, PLAIN } from './floats.js';
import { isFirst, isLast, type LayerPlace, type TrainRecipe } from '../trainRecipe.js';

/** Pixels lie in [0, 1]: the network's input needs no level that is learned, and gets no gradient to learn one by. */
export function pixels(format: string, levels: number): FakeQuantizer {
  const quantization = perTensor(fitTo(formatNamed(format), { overflow: 'saturate' }), 1 / levels);
  return straightThrough(() => quantization);
}

/** int4 forward: PACT activations, SAWB weights on 15 levels. @param row of SAWB's table */
export function int4Forward(layer: LayerPlace, row = '403') {
  return {
    input: isFirst(layer) ? pixels('uint4', 15) : pact(layer.name, { bits: 4 }),
    weight: sawbWeights(sawbRow(row)),
  };
}

const DLFLOAT16 = fitTo(formatNamed('dlfloat16'), { rounding: 'rna', overflow: 'saturate' });

/** The last layer's three products in dlfloat16. */
const inDlfloat16 = () => ({
  input: inFormat(DLFLOAT16),
  weight: inFormat(DLFLOAT16),
  gradient: formatGradients(DLFLOAT16),
});

interface Fp4Options {
  /** Of SAWB's table. */
  row?: string;
  /** Whether the last layer is in 4 bits too; in dlfloat16 otherwise. */
  lastToo?: boolean;
}

function fp4(
  parts: Pick<TrainRecipe, 'name' | 'description' | 'source' | 'target'>,
  gradient: (name: string, draws: Draws) => GradientQuantizer,
  { row, lastToo = false }: Fp4Options = {},
): TrainRecipe {
  return {
    ...PLAIN,
    family: 'fp4 training',
    bits: { weights: 4, activations: 4 },
    ...parts,
    quantizers: (layer, draws) =>
      isLast(layer) && !lastToo ? inDlfloat16() : { ...int4Forward(layer, row), gradient: gradient(layer.name, draws) },
  };
}

const SUN =
  'Sun et al., NeurIPS 2020, by its reviews and US patent 12,443,841; the last layer in 16 bits as in IBM’s fp8 paper (recalled)';

function radix4(name: string, what: string, phases: TwoPhase | undefined, lastToo = false): TrainRecipe {
  return fp4(
    {
      name,
      description: `int4 forward (PACT, SAWB), radix-4 fp4 gradients with GradScale, ${what}`,
      source: SUN,
      target: 'ibm-fp4',
    },
    (layer) => radix4Gradients(layer, phases),
    { lastToo },
  );
}

interface LuqVariant {
  /** Of a gradient, for the weights' product. */
  samples?: number;
  /** Share of the steps, at the end, that gradients have 16 bits in. */
  fineTuned?: number;
}

/** LUQ by its paper: SMP averages samples of a gradient, FNT ends with gradients of high precision. */
function luq(name: string, what: string, { samples = 1, fineTuned = 0 }: LuqVariant = {}): TrainRecipe {
  return fp4(
    {
      name,
      description: `int4 forward (PACT, SAWB with the authors' coefficients), radix-2 fp4 gradients without bias, ${what}`,
      source: 'Chmiel et al., ICLR 2023; seven levels, which fit three bits',
      target: 'fp4-radix2',
    },
    (_layer, { unit, share }) =>
      switchedGradients(luqGradients(unit, samples), formatGradients(DLFLOAT16), () => share() >= 1 - fineTuned),
    { row: 'luq-4bit' },
  );
}

export const FP4_RECIPES: readonly TrainRecipe[] = [
  radix4('fp4-radix4', 'two-phase rounding', TWO_PHASE),
  radix4('fp4-radix4-swapped', 'two-phase rounding with the odd phase for the input gradient', {
    ...TWO_PHASE,
    even: 'weightGradient',
  }),
  radix4('fp4-radix4-above', 'two-phase rounding with the odd grid above the even one', { ...TWO_PHASE, alignment: 1 }),
  radix4('fp4-radix4-all', 'two-phase rounding, the last layer too', TWO_PHASE, true),
  radix4('fp4-radix4-single', 'one phase for both products', undefined),
  fp4(
    {
      name: 'fp4-radix2',
      description: 'int4 forward (PACT, SAWB), radix-2 fp4 gradients with GradScale: the counter-example',
      source: SUN,
      target: 'fp4-radix2',
    },
    (layer) => radix2Gradients(layer),
  ),
  luq('luq', 'one sample'),
  luq('luq-smp', 'the mean of two samples for the weights (SMP)', { samples: 2 }),
  luq('luq-fnt', 'the last quarter of the steps with gradients in dlfloat16 (FNT)', { fineTuned: 0.25 }),
  luq('luq-smp-fnt', 'SMP and FNT', { samples: 2, fineTuned: 0.25 }),
];
