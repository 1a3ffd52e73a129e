import { basename, dirname, relative } from 'node:path';
import { counted } from '../text/plural.js';
import { exactArithmetic } from '../networks/arithmetic.js';
import { foldBatchNorm } from '../networks/fold.js';
import { type Layer, opNameOf } from '../networks/network.js';
import { writeWhole } from '../outputs/files/file.js';
import { quantizeJson } from '../outputs/tables/results.js';
import { networkBytes } from '../networks/readers/index.js';
import { leftReal } from '../quantize/contract/left.js';
import { quantizeNetwork } from '../quantize/quantize.js';
import { loadNetwork } from '../simulate/plan.js';
import { quantizeData } from '../simulate/purposes.js';
import { type Likeness, likenessOf } from '../simulate/likeness.js';
import { type FloatRun, runFloat } from '../simulate/run.js';
import { isOwn, nameOf } from '../simulate/runData.js';
import { generatorFor } from '../training/data/generators.js';
import { CALIBRATION_IMAGES } from '../training/session/finetune.js';
import { integer, jsonOption } from './arguments.js';
import { command } from './command.js';
import { floatNetworkOption, required } from './options.js';
import { ownDataFrom, ownDataOptions } from './ownData.js';
import { readingFrom, readingOptions } from './reading.js';
import { quantizeRecipeFrom } from './recipes.js';
import { print, printJson } from './terminal.js';

/** `quantize`: a float network by a recipe. */
export const quantizeCommand = command({
  options: {
    network: required(floatNetworkOption),
    recipe: { type: 'string', demandOption: true, describe: 'how; see "lastbit list recipes"' },
    ...ownDataOptions,
    images: {
      type: 'number',
      defaultDescription: `${CALIBRATION_IMAGES}, of your own at most half`,
      describe: 'images to calibrate on, none of those judged by',
    },
    ...readingOptions,
    out: { type: 'string', describe: 'ONNX file to write' },
    json: jsonOption,
  },
  reads: ['network', 'data', 'input'],
  writes: { out: 'file' },
  examples: [
    ['quantize models/digits-fp32.onnx --recipe int4-mse --out int4.onnx', 'on generated digits'],
    ['quantize net.onnx --recipe nvfp4 --data mnist', "on MNIST's test set: its head calibrates, what follows judges"],
    ['quantize net.onnx --recipe int8 --input x=x.npy --images 100 --out int8.onnx', 'on arrays without labels'],
  ],
  async run({ network: path, recipe: name, images, out, json, ...given }) {
    const recipe = quantizeRecipeFrom(name);
    const own = ownDataFrom({ ...given });
    const float = foldBatchNorm(await loadNetwork(path, readingFrom(given)));
    const wanted = images === undefined ? undefined : integer(images, '--images', 1);
    const { calibration, calibrated, judged } = await quantizeData(float, wanted, own);
    const made = quantizeNetwork(float, recipe, calibration);
    const before = runFloat(float, judged);
    const after = runFloat(made, judged, exactArithmetic);
    const like = likenessOf(before.outputs, after.outputs);
    const left = leftReal(made);
    if (out !== undefined) {
      const what = isOwn(own) ? `images of ${basename(nameOf(own))}` : `generated ${generatorFor(float).name}`;
      const accuracy = `${judgement(after, like)} of ${judged.count} ${what}, sums exact`;
      const metadata = { ...made.metadata, accuracy, reference: relative(dirname(out), path) };
      await writeWhole(out, await networkBytes({ ...made, metadata }, out));
    }
    const result = quantizeJson({
      network: path,
      recipe: name,
      calibrationImages: calibrated,
      images: judged.count,
      before: before.accuracy,
      after: after.accuracy,
      float: like,
      leftReal: left.map(nodeOf),
    });
    if (json) return printJson(out === undefined ? result : { ...result, out });
    const told =
      before.accuracy === undefined
        ? judgement(after, like)
        : `accuracy ${percent(before.accuracy)} before, ${judgement(after, like)} after`;
    print(`${name}: ${told} (${counted(judged.count, 'image')}, sums exact)`);
    if (left.length > 0) print(`left real: ${left.map((layer) => `${nodeOf(layer)} (${opNameOf(layer)})`).join(', ')}`);
  },
});

const nodeOf = ({ name, node }: Layer): string => node ?? name;

/** By its labels, or where data has none by the float network. */
function judgement({ accuracy }: FloatRun, like: Likeness | undefined): string {
  if (accuracy !== undefined) return percent(accuracy);
  if (like === undefined) return 'no output of the same shape in both to compare';
  const { sqnrDb, agreement } = like;
  return `SQNR ${sqnrDb.toFixed(1)} dB to the float network, its largest output in ${percent(agreement)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}
