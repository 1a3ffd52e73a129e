import { lower, macsOf } from '../networks/lower.js';
import type { Network } from '../networks/network.js';
import type { Accuracy, LayerErrors } from './accuracy.js';
import { joinedRows } from './accuracy.js';
import { unitsOf } from './arithmetic.js';
import type { ErrorReport } from './errors.js';
import { resolveTarget, type RunPlan } from './plan.js';
import type { RunData } from './runData.js';

/** The images of one run divided over threads: so many parts one after another, of which this is one. */
export interface Part {
  index: number;
  of: number;
}

/** A thread's start, with its own packing of the weights, costs as much as so many products (measured: a second and a half). */
const WORTHWHILE = 2 ** 34;

/**
 * Into how many parts a run's images may go: as many as there are threads where no sum can differ from the exact one, so that
 * what is known of parts adds up to the same bytes. Errors are added up in the order of the images, and stay together.
 */
export function partsFor(network: Network, { target, data }: RunPlan, threads: number): number {
  // Threads would have run different layers.
  if (network.layers.some(({ when }) => when !== undefined)) return 1;
  const most = Math.min(threads, data.images, Math.floor((macsOf(network) * data.images) / WORTHWHILE));
  if (most < 2) return 1;
  const units = unitsOf(resolveTarget(target, network));
  return lower(network).every((job) => units.exact(job)) ? most : 1;
}

/** The images of one part; what must go together stays so. */
export function partOfData(data: RunData, { index, of }: Part): RunData {
  const batches = Math.ceil(data.count / data.batch);
  const [first, end] = [index, index + 1].map((i) => data.batch * Math.floor((batches * i) / of));
  return {
    ...data,
    count: Math.min(end, data.count) - first,
    inputs: (from, count) => data.inputs(first + from, count),
    place: (image) => data.place(first + image),
  };
}

/** What parts have found, in their order, as one run finds it. */
export function joinedAccuracy(all: readonly Accuracy[]): Accuracy {
  const parts = all.filter(({ images }) => images > 0);
  const [first] = parts;
  return {
    images: parts.reduce((sum, { images }) => sum + images, 0),
    outputs: joinedRows(parts.map(({ outputs }) => outputs)),
    exactOutputs: joinedRows(parts.map(({ exactOutputs }) => exactOutputs)),
    layers: first.layers.map((_, i) => joinedErrors(parts.map(({ layers }) => layers[i]))),
  };
}

function joinedErrors(parts: readonly LayerErrors[]): LayerErrors {
  const [first] = parts;
  const sum = (of: (part: LayerErrors) => number) => parts.reduce((total, part) => total + of(part), 0);
  const most = (of: (part: LayerErrors) => number) => Math.max(...parts.map(of));
  const { bits, exponent } = first.sufficient;
  return {
    ...first,
    single: joinedReport(parts.map(({ single }) => single)),
    entire: joinedReport(parts.map(({ entire }) => entire)),
    swamped: sum(({ swamped }) => swamped),
    overflowed: sum(({ overflowed }) => overflowed),
    sufficient: {
      ...(bits !== undefined && { bits: most(({ sufficient }) => sufficient.bits ?? 0) }),
      ...(exponent !== undefined && { exponent: most(({ sufficient }) => sufficient.exponent ?? 0) }),
    },
  };
}

/** @throws Error where a sum differs: then order matters, and nothing should have been divided */
function joinedReport(parts: readonly ErrorReport[]): ErrorReport {
  if (parts.some(({ wrong }) => wrong > 0))
    throw new Error('internal error, please report it: parts of a run whose sums differ cannot be joined');
  return {
    ...parts[0],
    sums: parts.reduce((sum, part) => sum + part.sums, 0),
    largest: parts.reduce((most, { largest }) => Math.max(most, largest), 0),
  };
}
