import { orderOf } from '../arrays/dataflow.js';
import type { Target } from '../targets/target.js';
import type { Dataset } from '../training/data/dataset.js';
import { dataDigest, fileDigest, recordDigest, treeDigest } from './fingerprint.js';
import type { Inputs } from './journal.js';
import { type DataPlan, resolveTarget, type RunPlan } from './plan.js';
import { isOwn, nameOf, type RunData } from './runData.js';

/** A run that is asked for, under a digest of all that its outcome depends on. */
export interface Inquiry {
  plan: RunPlan;
  /** What the user calls the hardware. */
  hardware: string;
  files: FileDigests;
  /** Equal keys, equal bits: networks, images, and units in the order of their additions; not memories, clock or energy. */
  key: string;
  inputs: Inputs;
}

/** Of the contents of files, which many runs share. */
export interface FileDigests {
  network: string;
  reference?: string;
  /** Of a user's images; generated ones follow from their number and the program. */
  images?: string;
}

export function digestsOf(
  { network, reference }: Pick<RunPlan, 'network' | 'reference'>,
  images?: string,
): FileDigests {
  return {
    network: fileDigest(network),
    ...(reference !== undefined && { reference: fileDigest(reference) }),
    ...(images !== undefined && { images }),
  };
}

/** Of a user's data: its files, and what they are to mean. @throws the system's error, with the path */
export function imagesDigest(data: DataPlan): string | undefined {
  if (!isOwn(data)) return undefined;
  const { folder, inputs = [], mean, scale, layout } = data;
  const files = [...(folder === undefined ? [] : [folder]), ...inputs.map((word) => word.slice(word.indexOf('=') + 1))];
  return recordDigest([files.map(treeDigest), inputs.length, mean, scale, layout]);
}

/** Of the images that a study judges by: of generated ones and those in memory their own, else of the files that they lie in. */
export function judgedDigest({ judged, plan }: { judged: Dataset | RunData; plan: DataPlan }): string {
  return 'images' in judged ? dataDigest(judged) : recordDigest([imagesDigest(plan), plan.images, plan.skip]);
}

export function inquiryOf(plan: RunPlan, target: Target, hardware: string, files: FileDigests): Inquiry {
  const units = [target.datapath, ...target.others];
  const orders = units.map((unit) => orderOf(target.array, unit));
  const inputs = {
    [plan.network]: files.network,
    ...(plan.reference !== undefined && files.reference && { [plan.reference]: files.reference }),
    ...(isOwn(plan.data) && files.images && { [nameOf(plan.data)]: files.images }),
    [hardware]: recordDigest(units),
  };
  const key = recordDigest([files, plan.reading, plan.data.images, plan.data.skip, units, orders]);
  return { plan, hardware, files, key, inputs };
}

/** @throws Error naming what somebody changed since the plan was made */
export function checkUnchanged({ plan, hardware, files, key, inputs }: Inquiry): void {
  const now = inquiryOf(plan, resolveTarget(plan.target), hardware, digestsOf(plan, files.images));
  if (now.key === key) return;
  const changed = Object.keys(inputs).find((name) => inputs[name] !== now.inputs[name]) ?? hardware;
  throw new Error(`${changed} was changed during the run: run the command again`);
}
