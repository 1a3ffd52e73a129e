import { orderOf } from '../arrays/dataflow.js';
import { exactArithmetic } from '../networks/arithmetic.js';
import { lower } from '../networks/lower.js';
import type { Network } from '../networks/network.js';
import type { ReadOptions } from '../networks/readers/index.js';
import type { Family } from '../quantize/contract/recipe.js';
import { unitForJob } from '../targets/blockUnit.js';
import { withEnergy } from '../targets/schema.js';
import { loadTarget, TARGETS } from '../targets/catalog.js';
import type { Target } from '../targets/target.js';
import type { Dataset } from '../training/data/dataset.js';
import { judgeCost } from './cost.js';
import { type GateActivity, gateActivity, type TargetGates } from './gateActivity.js';
import { recordDigest } from './fingerprint.js';
import { digestsOf, type Inquiry, inquiryOf, judgedDigest } from './inquiry.js';
import type { Journal } from './journal.js';
import { modelBytesOf } from './modelBytes.js';
import { outcomesOf, unfinishedOf } from './outcomes.js';
import { paretoOptimal } from './pareto.js';
import { type DataPlan, loadData, loadNetwork, type RunPlan, whyNot } from './plan.js';
import type { PoolOptions } from './pool.js';
import { likenessOf } from './likeness.js';
import { type FloatRun, type Outcome, qualityOf, runFloat } from './run.js';
import { ofDataset, type RunData } from './runData.js';

/** One method on one target; without one, where no target has units for it, its accuracy with exact sums alone. */
export interface StudyRow extends Partial<Outcome>, TrainingNote {
  recipe: string;
  family: Family;
  accuracy: number;
  target?: string;
  cycles?: number;
  energyPj?: number;
  extrapolated?: boolean;
  /** Half of the 95 % interval of the energy of gates, as a share of it; where it is that. */
  gatesError?: number;
  /** Weights and biases as the target stores them: codes, one float32 for each scale and bias. */
  modelKilobytes: number;
  /** No other row is at least as good in accuracy, cycles and energy, and better in one. */
  pareto: boolean;
}

/** What one step of training took on the recipe's own target, all three products of every layer. */
export interface TrainingNote {
  stepCycles?: number;
  stepEnergyPj?: number;
}

/** A network that a recipe made, and the file that it was written to. */
export interface Candidate {
  recipe: string;
  family: Family;
  path: string;
  network: Network;
  /** The target that is looked at first: that of the recipe's training. */
  home?: string;
  step?: TrainingNote;
  /** The row of a trained network that no target can run from its file: in the arithmetic of its training. */
  own?: Pick<StudyRow, 'target' | 'accuracy' | 'cycles' | 'energyPj'>;
}

export interface Study {
  rows: StudyRow[];
  /** Recipes that no target can run, with the reason of the first. */
  unplaced: string[];
  /** Why targets have no energy of gates, each once. */
  ungated: string[];
}

/** What a study judges by, and where it keeps what it has found. */
export interface StudyPlan {
  data: DataPlan;
  /** Those images, where they are there already. */
  judged?: Dataset | RunData;
  /** ONNX file of the float network. */
  reference: string;
  /** How its file is read. */
  reading?: ReadOptions;
  /** Names or files; by default the catalogue, less those that would repeat a row to the last digit. */
  targets?: readonly string[];
  /** In place of the targets' own. */
  energy?: string;
  /** The gates of a target's units, or why there are none. */
  gatesOf?(network: Network, target: Target): Promise<TargetGates | string>;
  journal: Journal;
  /** Hears which of all runs have to be done. */
  onBegin?(unfinished: readonly Inquiry[], all: number): void;
}

/** Runs every candidate on every target that has units for its operands. */
export async function runStudy(
  candidates: readonly Candidate[],
  plan: StudyPlan,
  options: PoolOptions = {},
): Promise<Study> {
  const { data, targets, energy } = plan;
  const known = (targets ?? TARGETS.map(({ name }) => name)).map((name) => ({
    name,
    target: energy === undefined ? loadTarget(name) : withEnergy(loadTarget(name), energy),
  }));
  const unplaced: string[] = [];
  const all = candidates.flatMap((candidate) => {
    const ordered = known.toSorted((x, y) => Number(y.name === candidate.home) - Number(x.name === candidate.home));
    const reasons = ordered.map(({ target }) => whyNot(candidate.network, target));
    const fit = ordered.filter((_, i) => reasons[i] === undefined).map((place) => placeOf(candidate, place));
    if (fit.length === 0) unplaced.push(`${candidate.recipe}: ${reasons[0]}`);
    return targets === undefined ? withoutRepeats(fit) : fit;
  });
  const images = plan.judged ?? loadData(data, candidates[0]?.network);
  const { places, ungated } = await gatedOf(all, images, plan);
  const outcomes = await placeOutcomes(places, plan, judgedDigest({ judged: images, plan: data }), options);
  const placed = places.map((place): Omit<StudyRow, 'pareto'> => {
    const { candidate, name, target, activityOf } = place;
    const { recipe, family, network, step } = candidate;
    const activity = activityOf?.();
    const cost = activity === undefined ? place.cost : judgeCost(network, target, activity);
    const { cycles, energyPj, extrapolated } = cost;
    const outcome = outcomes.get(place.key) as Outcome;
    const costs = {
      ...{ cycles: cycles.total, energyPj, extrapolated },
      ...(activity && { gatesError: activity.error }),
    };
    return {
      recipe,
      family,
      target: name,
      ...outcome,
      accuracy: qualityOf(outcome),
      ...costs,
      ...step,
      modelKilobytes: modelBytesOf(network) / 1024,
    };
  });
  const judge = new ExactJudge(images, plan);
  const rows: Omit<StudyRow, 'pareto'>[] = [];
  for (const candidate of candidates) {
    const found = placed.filter(({ recipe }) => recipe === candidate.recipe);
    rows.push(...found);
    if (found.length > 0) continue;
    const { recipe, family, network, own, step } = candidate;
    const exact = own ?? { accuracy: await judge.accuracyOf(candidate) };
    rows.push({
      recipe,
      family,
      images: images.count,
      ...exact,
      ...step,
      modelKilobytes: modelBytesOf(network) / 1024,
    });
  }
  const optimal = frontOf(rows);
  return { rows: rows.map((row) => ({ ...row, pareto: optimal.has(row) })), unplaced, ungated };
}

interface Place {
  candidate: Candidate;
  name: string;
  target: Target;
  cost: ReturnType<typeof judgeCost>;
  /** Places that share it have the same bits. */
  key: string;
  /** What the gates of its PEs take, where its energy is that. */
  activityOf?(): GateActivity;
}

/** Gives places the gates of their targets; those that have none fall out, and it is told why. */
async function gatedOf(
  all: readonly Place[],
  images: Dataset | RunData,
  { gatesOf }: StudyPlan,
): Promise<{ places: Place[]; ungated: string[] }> {
  const places: Place[] = [];
  const ungated = new Set<string>();
  for (const place of all) {
    const { target, candidate } = place;
    const { network } = candidate;
    if (target.gates === undefined) {
      places.push(place);
      continue;
    }
    const gates = (await gatesOf?.(network, target)) ?? `target ${target.name} has no gates`;
    if (typeof gates === 'string') ungated.add(gates);
    else {
      const data = 'images' in images ? ofDataset(network, images) : images;
      places.push({ ...place, activityOf: () => gateActivity(network, target, gates, data) });
    }
  }
  return { places, ungated: [...ungated] };
}

function placeOf(candidate: Candidate, { name, target }: { name: string; target: Target }): Place {
  const units = lower(candidate.network).map((job) => {
    const unit = unitForJob(target, job);
    return [unit, orderOf(target.array, unit)];
  });
  const key = `${candidate.recipe} ${JSON.stringify(units)}`;
  return { candidate, name, target, cost: judgeCost(candidate.network, target), key };
}

function withoutRepeats(places: readonly Place[]): Place[] {
  const same = (x: Place, y: Place) =>
    x.key === y.key && x.cost.cycles.total === y.cost.cycles.total && x.cost.energyPj === y.cost.energyPj;
  return places.filter((place, i) => !places.slice(0, i).some((before) => same(before, place)));
}

/** One run for all places that have the same bits. */
async function placeOutcomes(
  places: readonly Place[],
  { data, reference, reading, journal, onBegin }: StudyPlan,
  images: string,
  options: PoolOptions,
): Promise<Map<string, Outcome>> {
  const firsts = [...new Map(places.map((place) => [place.key, place])).values()];
  const inquiries = firsts.map(({ candidate, name, target }): Inquiry => {
    const plan: RunPlan = {
      network: candidate.path,
      reference,
      data,
      target: { base: name },
      ...(reading && { reading }),
    };
    return inquiryOf(plan, target, name, digestsOf(plan, images));
  });
  onBegin?.(unfinishedOf(inquiries, journal), inquiries.length);
  const outcomes = await outcomesOf(inquiries, journal, options);
  return new Map(outcomes.map((outcome, i) => [firsts[i].key, outcome]));
}

/** With exact sums, for networks that no target runs: by the labels, or where there are none by the float network. */
class ExactJudge {
  readonly #images: Dataset | RunData;
  readonly #plan: StudyPlan;
  #float: Promise<FloatRun> | undefined;

  constructor(images: Dataset | RunData, plan: StudyPlan) {
    this.#images = images;
    this.#plan = plan;
  }

  async accuracyOf({ path, network }: Candidate): Promise<number> {
    const { journal, data } = this.#plan;
    const files = digestsOf({ network: path }, judgedDigest({ judged: this.#images, plan: data }));
    const key = recordDigest(['exact', files]);
    const known = journal.find(key);
    if (typeof known === 'number') return known;
    const { accuracy, outputs } = runFloat(network, this.#images, exactArithmetic);
    const quality = accuracy ?? likenessOf((await this.#floatRun()).outputs, outputs)?.agreement ?? 0;
    journal.add(key, { [path]: files.network }, quality);
    return quality;
  }

  #floatRun(): Promise<FloatRun> {
    const { reference, reading } = this.#plan;
    this.#float ??= loadNetwork(reference, reading).then((network) => runFloat(network, this.#images));
    return this.#float;
  }
}

/** The rows on the front, of those that have cycles and energy. */
function frontOf<Row extends Pick<StudyRow, 'accuracy' | 'cycles' | 'energyPj'>>(rows: readonly Row[]): Set<Row> {
  const judged = rows.filter(({ cycles, energyPj }) => cycles !== undefined && energyPj !== undefined);
  const optimal = paretoOptimal(
    judged.map(({ accuracy, cycles = 0, energyPj = 0 }) => ({ quality: accuracy, cycles, energyPj })),
  );
  return new Set(judged.filter((_, i) => optimal[i]));
}

/** The front, and of each family the most accurate row; of equals the one of least energy. */
export function shortlist(rows: readonly StudyRow[]): StudyRow[] {
  const best = new Map<Family, StudyRow>();
  for (const row of rows) {
    const known = best.get(row.family);
    if (known === undefined || isBetter(row, known)) best.set(row.family, row);
  }
  return rows.filter((row) => row.pareto || best.get(row.family) === row);
}

function isBetter(x: StudyRow, y: StudyRow): boolean {
  const energy = ({ energyPj = Infinity }: StudyRow) => energyPj;
  return x.accuracy > y.accuracy || (x.accuracy === y.accuracy && energy(x) < energy(y));
}
