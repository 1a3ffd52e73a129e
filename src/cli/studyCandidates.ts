import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { foldBatchNorm } from '../networks/fold.js';
import { NETWORK_ENDING, networkBytes, networkNameOf } from '../networks/readers/index.js';
import { writeChanged } from '../outputs/file.js';
import { quantizeNetwork } from '../quantize/quantize.js';
import type { Recipe } from '../quantize/recipe.js';
import { type StudyTraining, type Trained, trainedBy } from '../simulate/candidates.js';
import { dataDigest, fileDigest, recordDigest } from '../simulate/fingerprint.js';
import type { Inputs, Journal } from '../simulate/journal.js';
import { type DataPlan, loadNetwork } from '../simulate/plan.js';
import type { Candidate } from '../simulate/study.js';
import { type Dataset, imagesOf } from '../training/dataset.js';
import type { TrainRecipe } from '../training/trainRecipe.js';
import type { ChosenRecipes } from './recipes.js';
import { progressBar } from './runs.js';
import { remark } from './terminal.js';

export interface StudyData {
  calibration: Dataset;
  training: Dataset;
  judged: Dataset;
  /** Of the images judged by. */
  plan: DataPlan;
}

/** What the candidates of a study are made from, and where they and their journal are kept. */
export interface Making extends StudyTraining {
  data: StudyData;
  folder: string;
  journal: Journal;
}

/** A recipe's network: what it is made from, and how. */
interface Order {
  recipe: Recipe | TrainRecipe;
  name: string;
  path: string;
  key: string;
  make(): Trained;
}

/** What the journal keeps of a candidate: all but its network, which is in a file of that digest. */
interface Kept extends Omit<Trained, 'network'> {
  file: string;
}

/** Every recipe's network, written into the folder unless it is there; and why a recipe could make none. */
export async function candidatesOf(
  chosen: ChosenRecipes,
  making: Making,
): Promise<{ candidates: Candidate[]; failed: string[] }> {
  const { journal, data, network } = making;
  const inputs: Inputs = {
    [network]: fileDigest(network),
    ...(data.plan.folder !== undefined && { [data.plan.folder]: dataDigest(data.judged) }),
  };
  const orders = ordersOf(chosen, making);
  const known = orders.filter((order) => keptOf(order, journal) !== undefined).length;
  const changed = journal.changed(inputs);
  if (changed.length > 0) remark(`${changed.join(', ')} changed since the last run: what depends on it is done again`);
  else if (known > 0 && known < orders.length) remark(`goes on after ${known} of ${orders.length} recipes`);
  const candidates: Candidate[] = [];
  const failed: string[] = [];
  const bar = progressBar(orders.length, 'recipes');
  try {
    for (const order of orders) {
      try {
        candidates.push(await candidateOf(order, inputs, journal));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
        failed.push(`${order.recipe.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
      bar.update(candidates.length + failed.length);
    }
  } finally {
    bar.stop();
  }
  return { candidates, failed };
}

function ordersOf({ afterwards, training }: ChosenRecipes, making: Making): Order[] {
  const { folder, data, network, epochs, batch, seed } = making;
  const shared: StudyTraining = { network, epochs, batch, seed };
  const float = foldBatchNorm(loadNetwork(network));
  const calibration = imagesOf(data.calibration);
  const digests = {
    network: fileDigest(network),
    calibration: dataDigest(data.calibration),
    training: dataDigest(data.training),
    judged: dataDigest(data.judged),
  };
  const order = (recipe: Recipe | TrainRecipe, from: unknown, make: () => Trained): Order => {
    const name = `${networkNameOf(network)}.${recipe.name}`;
    const key = recordDigest(['candidate', name, recipe, digests.network, from]);
    return { recipe, name, path: join(folder, `${name}${NETWORK_ENDING}`), key, make };
  };
  const trained = [epochs, batch, seed, digests.training, digests.judged];
  return [
    ...afterwards.map((recipe) =>
      order(recipe, [digests.calibration], () => ({ network: quantizeNetwork(float, recipe, calibration) })),
    ),
    ...training.map((recipe) => order(recipe, trained, () => trainedBy(recipe, shared, data.training, data.judged))),
  ];
}

/** Undefined where the file is not the one that was written. */
function keptOf({ key, path }: Order, journal: Journal): Kept | undefined {
  const kept = journal.find(key) as Kept | undefined;
  return kept !== undefined && existsSync(path) && fileDigest(path) === kept.file ? kept : undefined;
}

/** Read from its file whether it was just made or is there from before: so both go on with the same. */
async function candidateOf(order: Order, inputs: Inputs, journal: Journal): Promise<Candidate> {
  const { recipe, path, key } = order;
  let kept = keptOf(order, journal);
  if (kept === undefined) {
    const { network, ...rest } = order.make();
    await writeChanged(path, networkBytes(network, path));
    kept = { ...rest, file: fileDigest(path) };
    journal.add(key, inputs, kept);
  }
  const { file: _file, ...rest } = kept;
  return { recipe: recipe.name, family: recipe.family, path, network: loadNetwork(path), ...rest };
}
