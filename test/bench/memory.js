// The most memory of a whole process that runs a convolution of ResNet-50's first layer (7 x 7, stride 2, 3 to 64 channels) on
// 224 x 224 images, bit for bit on int8 units; part of npm run bench. Options: --json.
import { loadTarget } from '../../dist/targets/catalog.js';
import { executeLayer } from '../../dist/networks/execute.js';
import { perTensor, quantize } from '../../dist/networks/quantization.js';
import { floatTensor, sizeOf } from '../../dist/networks/tensor.js';
import { fitTo } from '../../dist/formats/codec.js';
import { formatNamed } from '../../dist/formats/catalog.js';
import { targetArithmetic, unitsOf } from '../../dist/simulate/arithmetic.js';
import { randomFrom } from '../../dist/random/random.js';

const BATCH = 8;
const BAR = 300;
const fit = fitTo(formatNamed('int8'), { overflow: 'saturate' });
const random = randomFrom(2);
const drawn = (shape) => {
  const values = Float32Array.from({ length: sizeOf(shape) }, () => random.below(255) - 127);
  return quantize(floatTensor(shape, values), perTensor(fit, 1));
};
const layer = {
  op: 'conv',
  name: 'conv1',
  inputs: ['x'],
  outputs: ['conv1'],
  result: { kind: 'dequantize' },
  weight: drawn([64, 3, 7, 7]),
  stride: [2, 2],
  pad: [3, 3, 3, 3],
  dilation: [1, 1],
  groups: 1,
};
const [sums] = executeLayer(layer, [drawn([BATCH, 3, 224, 224])], targetArithmetic(unitsOf(loadTarget('int8'))));
if (sums.data.every((value) => value === 0)) throw new Error('memory.js: the layer gave nothing');
const result = { layer: 'resnet50 conv1', batch: BATCH, megabytes: process.resourceUsage().maxRSS / 1024, bar: BAR };

if (process.argv.includes('--json')) console.log(JSON.stringify({ results: [result] }));
else console.log(`${result.layer}, batch ${BATCH}: ${result.megabytes.toFixed(0)} MB at most, where ${BAR} are allowed`);
