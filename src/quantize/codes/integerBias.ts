import type { ConvLayer, DenseLayer } from '../../networks/network.js';
import { int32s } from '../../networks/integers.js';
import type { CodeTensor, Quantization } from '../../networks/tensor.js';

type Mac = ConvLayer | DenseLayer;

/** The largest magnitude of an integer bias: half of int32, so that the sum of products that it is added to has the other half. */
const LARGEST = 2 ** 30;
/** The float32 product of two scales may round down by 2^-24 of itself, each of the scales as well. */
const MARGIN = 1 + 2 ** -20;

/** What a unit of an integer sum of a filter stands for, in float32 as ONNX's QLinearConv has it. */
function unitOf(input: Quantization, { scale }: Quantization, filter: number): number {
  return Math.fround(input.scale[0] * scale[scale.length === 1 ? 0 : filter]);
}

/**
 * Weight scales that an int32 bias fits with. A bias is an integer in units of s_in * s_w; where weights are tiny beside
 * it that is beyond int32, and the scale grows until the bias is 2^30 units: per channel where scales are, else as the
 * largest bias asks. The weights then have fewer codes, of which the bias, as the larger part of the result, makes
 * little. ONNX Runtime's quantizer does the same since 1.21 (base_quantizer.py, adjust_single_weight_scale_if_needed),
 * with twice the bound, which leaves the sum of products no room.
 * @returns undefined where all biases fit already
 * @throws Error naming the layer, the channel and its bias, where no float32 scale would do
 */
export function scalesForBias(layer: Mac, weight: CodeTensor, input: Quantization): Float32Array | undefined {
  const { bias } = layer;
  if (bias === undefined) return undefined;
  const scale = weight.quantization.scale.slice();
  let grown = false;
  for (let f = 0; f < bias.length; f++) {
    const place = scale.length === 1 ? 0 : f;
    const needed = Math.abs(bias[f]) / LARGEST;
    if (unitOf(input, { ...weight.quantization, scale }, f) >= needed) continue;
    scale[place] = Math.max((needed * MARGIN) / input.scale[0], scale[place]);
    grown = true;
    if (!Number.isFinite(scale[place]) || unitOf(input, { ...weight.quantization, scale }, f) < needed)
      throw new Error(
        `layer ${layer.name}: the bias of channel ${f} is ${bias[f]}, for which no float32 scale of the weights makes an int32 (the input's scale is ${input.scale[0]})`,
      );
  }
  return grown ? scale : undefined;
}

/** Biases in units of s_in * s_w. @throws Error naming layer, channel and value where int32 does not hold one */
export function integerBias(layer: Mac, weight: Quantization, input: Quantization, filters: number): Int32Array {
  const units = Float64Array.from({ length: filters }, (_, f) => {
    const unit = unitOf(input, weight, f);
    const own = layer.bias?.[f] ?? 0;
    if (unit > 0) return Math.round(own / unit);
    throw new Error(
      `layer ${layer.name}: the scales of its input, ${input.scale[0]}, and of its weights in channel ${f} have a product of 0 in float32`,
    );
  });
  return int32s(units, `layer ${layer.name}: the bias`);
}
