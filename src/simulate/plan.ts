import { checkReadable, readBytes } from '../text/read.js';
import { macArray, type MacArray } from '../arrays/dataflow.js';
import { AUTO, autoTarget } from '../targets/auto.js';
import { loadTarget } from '../targets/catalog.js';
import { type TargetFields, targetOf, targetSchema, withEnergy } from '../targets/schema.js';
import { unitForJob } from '../targets/blockUnit.js';
import { type Target, withEveryEnergy } from '../targets/target.js';
import { type ReadOptions, readNetwork, type ReadRefusal } from '../networks/readers/index.js';
import { lower } from '../networks/lower.js';
import type { Network } from '../networks/network.js';
import { readData } from '../training/data/data.js';
import { type Dataset, partOf } from '../training/data/dataset.js';
import { generate } from '../training/data/generator.js';
import { generatorFor } from '../training/data/generators.js';
import { type Placement, placementsOf } from './placement.js';
import { type DataPlan, isOwn, ofDataset, readRunData, type RunData } from './runData.js';
import { checkSparse } from './sparsity.js';

export type { DataPlan } from './runData.js';

/** What a run needs, as plain data that can go to another thread. Paths are relative to the working folder. */
export interface RunPlan {
  /** ONNX file of a quantized network. */
  network: string;
  /** How its file is read. */
  reading?: ReadOptions;
  /** ONNX file of the float network that it was made from, to be compared with. */
  reference?: string;
  data: DataPlan;
  target: TargetPlan;
}

/** A target by name or file, or the fields of one, with what a sweep changes of its array. */
export interface TargetPlan {
  base: string | TargetFields;
  array?: Partial<MacArray>;
  /** In place of the target's own: a table, or gates. */
  energy?: string;
}

/** @throws Error naming the file and what is wrong with it */
export async function loadNetwork(path: string, reading: ReadOptions = {}): Promise<Network> {
  return readNetwork(readBytes(path), path, reading);
}

/** Grey images with labels of the user, or those generated for a network. @throws Error naming the file and what is wrong */
export function loadData({ folder, images, skip = 0 }: DataPlan, network?: Network): Dataset {
  if (folder === undefined) return generate(generatorFor(network), images);
  return partOf(readData(folder), skip, images);
}

/** What a network is run on. @throws Error naming the file and what is wrong with it */
export async function loadRunData(network: Network, plan: DataPlan): Promise<RunData> {
  if (isOwn(plan)) return readRunData(network, plan);
  return ofDataset(network, loadData(plan, network));
}

/**
 * Reads what plans name, once each, before threads begin: an error that crosses threads loses which file it is about.
 * @param known networks that have been read already
 * @returns the networks that were read
 * @throws Error naming the file and what is wrong with it
 */
export async function checkInputs(
  plans: readonly RunPlan[],
  known: ReadonlyMap<RunPlan, Network> = new Map(),
): Promise<ReadonlyMap<RunPlan, Network>> {
  for (const plan of plans) {
    if (!known.has(plan)) checkReadable(plan.network);
    if (plan.reference !== undefined) checkReadable(plan.reference);
  }
  const own = plans.filter(({ data }) => isOwn(data));
  const networks = new Map(known);
  for (const plan of new Map(own.map((each) => [JSON.stringify([each.network, each.data]), each])).values()) {
    const network = known.get(plan) ?? (await loadNetwork(plan.network, plan.reading));
    await loadRunData(network, plan.data);
    networks.set(plan, network);
  }
  return networks;
}

/** @param network for which `auto` finds the units */
export function resolveTarget({ base, array, energy }: TargetPlan, network?: Network): Target {
  const own = targetAt(base, network);
  const target = energy === undefined ? own : withEnergy(own, energy);
  return array === undefined ? target : withEveryEnergy({ ...target, array: macArray({ ...target.array, ...array }) });
}

function targetAt(base: TargetPlan['base'], network?: Network): Target {
  if (base === AUTO && network !== undefined) return autoTarget(lower(network));
  return typeof base === 'string' ? loadTarget(base) : targetOf(targetSchema.parse(base), String(base.name));
}

/** What keeps a network's file from running, and where its layers would run. */
export interface Check {
  placements: readonly Placement[];
  refused: readonly ReadRefusal[];
}

/**
 * Reads a network's file as far as it can be read, and computes nothing.
 * @param strict layers that the target has no unit for are refused too
 * @throws Error where there is no such file or target
 */
export async function checkNetwork(
  path: string,
  plan: TargetPlan,
  { strict = false, ...reading }: ReadOptions & { strict?: boolean } = {},
): Promise<Check> {
  const bytes = readBytes(path);
  const refused: ReadRefusal[] = [];
  let network: Network;
  try {
    network = await readNetwork(bytes, path, { ...reading, refused: (refusal) => refused.push(refusal) });
  } catch (error) {
    return { placements: [], refused: [...refused, { name: path, op: '', reason: (error as Error).message }] };
  }
  const placements = placementsOf(network, resolveTarget(plan, network));
  const beside = strict ? placements.filter(({ reason }) => reason !== undefined) : [];
  return {
    placements,
    refused: [...refused, ...beside.map(({ layer, op, reason = '' }) => ({ name: layer, op, reason }))],
  };
}

/** Why a target cannot run a network; undefined when it can. */
export function whyNot(network: Network, target: Target): string | undefined {
  try {
    for (const job of lower(network)) unitForJob(target, job);
    checkSparse(network, target);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
