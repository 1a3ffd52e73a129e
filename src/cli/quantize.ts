import { basename, dirname, relative } from 'node:path';
import { counted } from '../text/plural.js';
import { exactArithmetic, float32Arithmetic } from '../networks/arithmetic.js';
import { foldBatchNorm } from '../networks/fold.js';
import { writeWhole } from '../outputs/files/file.js';
import { quantizeJson } from '../outputs/tables/results.js';
import { networkBytes } from '../networks/readers/index.js';
import { quantizeNetwork } from '../quantize/quantize.js';
import { loadNetwork } from '../simulate/plan.js';
import { calibrationData } from '../simulate/purposes.js';
import { imagesOf } from '../training/data/dataset.js';
import { generatorFor } from '../training/data/generators.js';
import { CALIBRATION_IMAGES } from '../training/session/finetune.js';
import { accuracyOf } from '../training/session/train.js';
import { integer, jsonOption } from './arguments.js';
import { command } from './command.js';
import { dataOption, floatNetworkOption, required } from './options.js';
import { quantizeRecipeFrom } from './recipes.js';
import { print, printJson } from './terminal.js';

/** `quantize`: a float network by a recipe. */
export const quantizeCommand = command({
  options: {
    network: required(floatNetworkOption),
    recipe: { type: 'string', demandOption: true, describe: 'how; see "lastbit list recipes"' },
    data: dataOption,
    images: {
      type: 'number',
      default: CALIBRATION_IMAGES,
      describe: 'images to calibrate on, none of those judged by',
    },
    out: { type: 'string', describe: 'ONNX file to write' },
    json: jsonOption,
  },
  reads: ['network', 'data'],
  writes: { out: 'file' },
  examples: [
    ['quantize models/digits-fp32.onnx --recipe int4-mse --out int4.onnx', 'on generated digits'],
    ['quantize net.onnx --recipe nvfp4 --data mnist', "on MNIST's test set: its head calibrates, what follows judges"],
  ],
  async run({ network: path, recipe: name, data, images, out, json }) {
    const recipe = quantizeRecipeFrom(name);
    const float = foldBatchNorm(await loadNetwork(path));
    const { calibration, test } = await calibrationData(integer(images, '--images', 1), data, float);
    const made = quantizeNetwork(float, recipe, imagesOf(calibration));
    const before = accuracyOf(float, test, float32Arithmetic);
    const after = accuracyOf(made, test, exactArithmetic);
    if (out !== undefined) {
      const accuracy = `${percent(after)} of ${test.count} ${data === undefined ? `generated ${generatorFor(float).name}` : `images of ${basename(data)}`}, sums exact`;
      const metadata = { ...made.metadata, accuracy, reference: relative(dirname(out), path) };
      await writeWhole(out, await networkBytes({ ...made, metadata }, out));
    }
    const result = quantizeJson({
      network: path,
      recipe: name,
      calibrationImages: images,
      images: test.count,
      before,
      after,
    });
    if (json) printJson(out === undefined ? result : { ...result, out });
    else
      print(
        `${name}: accuracy ${percent(before)} before, ${percent(after)} after (${counted(test.count, 'image')}, sums exact)`,
      );
  },
});

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}
