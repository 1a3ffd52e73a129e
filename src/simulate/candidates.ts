import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { foldBatchNorm } from '../networks/fold.js';
import { NETWORK_ENDING, networkBytes, networkNameOf } from '../networks/readers/index.js';
import { quantizeNetwork } from '../quantize/quantize.js';
import type { Method } from '../recipes/method.js';
import { type Dataset, imagesOf } from '../training/data/dataset.js';
import { dataDigest, fileDigest, recordDigest } from './fingerprint.js';
import type { Inputs, Journal } from './journal.js';
import { loadNetwork } from './plan.js';
import type { ReadOptions } from '../networks/readers/index.js';
import { judgedDigest } from './inquiry.js';
import type { StudyData } from './purposes.js';
import { isOwn, nameOf } from './runData.js';
import type { Candidate } from './study.js';
import { type StudyTraining, type Trained, trainedBy } from './trained.js';

/** What the candidates of a study are made from, and where they and their journal are kept. */
export interface CandidatePlan extends StudyTraining {
  data: StudyData;
  /** How the float network's file is read. */
  reading?: ReadOptions;
  folder: string;
  journal: Journal;
  /** Puts a network's file there, whole or not at all. */
  write(path: string, content: Uint8Array): Promise<void>;
  /** Hears how many are there from before, and which inputs changed since. */
  onBegin?(known: number, changed: readonly string[]): void;
  /** Hears how many are done. */
  progress?(done: number): void;
}

/** A method's network: what it is made from, and how. */
interface Order {
  method: Method;
  name: string;
  path: string;
  key: string;
  make(): Promise<Trained>;
}

/** What the journal keeps of a candidate: all but its network, which is in a file of that digest. */
interface Kept extends Omit<Trained, 'network'> {
  file: string;
}

/** Every method's network, written into the folder unless it is there; and why a method could make none. */
export async function candidatesOf(
  methods: readonly Method[],
  plan: CandidatePlan,
): Promise<{ candidates: Candidate[]; failed: string[] }> {
  const { journal, data, network } = plan;
  const inputs: Inputs = {
    [network]: fileDigest(network),
    ...(isOwn(data.plan) && { [nameOf(data.plan)]: judgedDigest(data) }),
  };
  const orders = await ordersOf(methods, plan);
  plan.onBegin?.(orders.filter((order) => keptOf(order, journal) !== undefined).length, journal.changed(inputs));
  const candidates: Candidate[] = [];
  const failed: string[] = [];
  for (const order of orders) {
    try {
      candidates.push(await candidateOf(order, inputs, plan));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
      failed.push(`${order.method.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    plan.progress?.(candidates.length + failed.length);
  }
  return { candidates, failed };
}

async function ordersOf(methods: readonly Method[], plan: CandidatePlan): Promise<Order[]> {
  const { folder, data, network, epochs, batch, seed } = plan;
  const shared: StudyTraining = { network, epochs, batch, seed };
  const float = foldBatchNorm(await loadNetwork(network, plan.reading));
  const calibration = 'labels' in data.calibration ? imagesOf(data.calibration) : data.calibration;
  const digests = {
    network: fileDigest(network),
    calibration: 'labels' in data.calibration ? dataDigest(data.calibration) : judgedDigest(data),
    training: data.training && dataDigest(data.training),
    judged: judgedDigest(data),
  };
  const trained = [epochs, batch, seed, digests.training, digests.judged];
  const made = (method: Method) => (method.kind === 'after' ? [digests.calibration] : trained);
  return methods.map((method): Order => {
    const name = `${networkNameOf(network)}.${method.name}`;
    const key = recordDigest(['candidate', name, method, digests.network, made(method)]);
    const make = async () =>
      method.kind === 'after'
        ? { network: quantizeNetwork(float, method, calibration) }
        : trainedBy(method, shared, ...labelledIn(data));
    return { method, name, path: join(folder, `${name}${NETWORK_ENDING}`), key, make };
  });
}

/** @throws Error where there are no images to train on */
function labelledIn({ training, judged }: StudyData): [training: Dataset, judged: Dataset] {
  if (training !== undefined && 'images' in judged) return [training, judged];
  throw new Error('it trains, for which the data has no images with labels left');
}

/** Undefined where the file is not the one that was written. */
function keptOf({ key, path }: Order, journal: Journal): Kept | undefined {
  const kept = journal.find(key) as Kept | undefined;
  return kept !== undefined && existsSync(path) && fileDigest(path) === kept.file ? kept : undefined;
}

/** Read from its file whether it was just made or is there from before: so both go on with the same. */
async function candidateOf(order: Order, inputs: Inputs, { journal, write }: CandidatePlan): Promise<Candidate> {
  const { method, path, key } = order;
  let kept = keptOf(order, journal);
  if (kept === undefined) {
    const { network, ...rest } = await order.make();
    await write(path, await networkBytes(network, path));
    kept = { ...rest, file: fileDigest(path) };
    journal.add(key, inputs, kept);
  }
  const { file: _file, ...rest } = kept;
  return { recipe: method.name, family: method.family, path, network: await loadNetwork(path), ...rest };
}
