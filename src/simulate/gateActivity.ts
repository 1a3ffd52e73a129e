import type { Datapath } from '../datapaths/datapath.js';
import { type GateEnergy, type NetEnergy, togglesOf } from '../energy/gates.js';
import { type GlitchFactor, student95 } from '../gates/glitches.js';
import type { GateUnit } from '../gates/unit.js';
import type { Network } from '../networks/network.js';
import type { Target } from '../targets/target.js';
import { type Estimate, GateSample, half95, totalOf, varianceOf } from './gateSample.js';
import { goldenRun } from './golden.js';
import type { RunData } from './runData.js';

/** What was measured, and how well. */
export interface GateActivity {
  layers: ReadonlyMap<string, GateEnergy>;
  images: number;
  /** Tiles of those images, and those that were simulated. */
  tiles: number;
  simulated: number;
  /** Half of the 95 % interval of the sum over all layers, as a share of it: of the images of the run, and of their tiles. */
  error: number;
  /** Of all layers together. */
  glitches: GlitchFactor;
}

/** How much is looked at. */
export interface GateEffort {
  /** Of the tiles, PEs and cycles that are drawn. */
  seed?: number;
  mostImages?: number;
  /** Windows of 4 cycles of a PE, of all layers, that glitches are looked for in. */
  windows?: number;
}

/** The gates of a target's units, by the unit. */
export type TargetGates = ReadonlyMap<Datapath, GateUnit>;

/** Cycles of 128 PEs: an image that takes fewer is simulated whole; a sample takes no more. */
const WHOLE = 2 ** 17;
const MOST = 2 ** 20;
/** Half of the interval that a sample should have. */
const WANTED = 0.009;
const MOST_IMAGES = 16;
const ROUNDS = 6;
/** Of all layers, and of each at least and at most. */
const WINDOWS = 2048;
const LEAST_WINDOWS = 32;
const MOST_WINDOWS = 256;

/**
 * Runs images through the network and the tiles of its products through the gates: all of them where they are few, else a
 * sample whose error is told. Images are taken at equal distances from those of the run.
 * @throws RangeError where a layer's unit has no gates
 */
export function gateActivity(
  network: Network,
  target: Target,
  gates: TargetGates,
  data: RunData,
  { seed = 1, mostImages = MOST_IMAGES, windows = WINDOWS }: GateEffort = {},
): GateActivity {
  const layers = new Map<string, GateEnergy>();
  const images: ImageEstimate[] = [];
  const counts = { tiles: 0, simulated: 0 };
  let most = 1;
  for (let i = 0; i < most; i++) {
    const place = Math.floor((i * data.count) / most / data.batch) * data.batch;
    const { products } = goldenRun(network, target, data.inputs(place, data.batch));
    const samples = [...products].map(([layer, product], stream) => {
      const { unit, own } = unitOf(gates, product.unit, layer);
      const swapped = unit.a.name !== product.unit.a.name;
      return { layer, own, sample: new GateSample(own, target.array, product, swapped, [seed, stream, i]) };
    });
    const looked =
      i > 0 || windows === 0
        ? 0
        : Math.max(LEAST_WINDOWS, Math.min(MOST_WINDOWS, Math.floor(windows / samples.length)));
    draw(
      samples.map(({ sample }) => sample),
      looked,
    );
    const image: ImageEstimate = { total: 0, variance: 0, doubt: 0 };
    for (const { layer, own, sample } of samples) {
      const { variance, doubt, ...nets } = sample.estimate();
      const known = layers.get(layer);
      if (known === undefined) layers.set(layer, { gates: own, nets, glitches: sample.glitches() });
      else layers.set(layer, { ...known, nets: sumOf(known.nets, nets) });
      image.total += totalOf(nets);
      image.variance += variance;
      image.doubt += doubt;
      counts.tiles += sample.tiles;
      counts.simulated += sample.simulated;
    }
    images.push(image);
    if (i === 0) {
      const cost = samples.reduce((sum, { sample }) => sum + sample.tiles * sample.cost, 0);
      most = Math.max(1, Math.min(mostImages, Math.floor(MOST / cost), Math.ceil(data.count / data.batch)));
    }
  }
  for (const [layer, known] of layers) layers.set(layer, { ...known, nets: scaled(known.nets, 1 / most) });
  const error = errorOf(images, Math.ceil(data.count / data.batch));
  return { layers, images: most, ...counts, error, glitches: together([...layers.values()]) };
}

/** Layers are measured apart, so that their errors are independent. */
function together(layers: readonly GateEnergy[]): GlitchFactor {
  const sum = (of: (layer: GateEnergy) => number) => layers.reduce((total, layer) => total + of(layer), 0);
  const all = sum(({ nets }) => togglesOf(nets));
  if (all === 0) return { factor: 1, low: 1, high: 1 };
  const factor = sum(({ nets, glitches }) => togglesOf(nets) * glitches.factor) / all;
  const half = ({ nets, glitches: { low, high } }: GateEnergy) => (togglesOf(nets) * (high - low)) / 2;
  const error = Math.sqrt(sum((layer) => half(layer) ** 2)) / all;
  return { factor, low: factor - error, high: factor + error };
}

const made = (of: (part: keyof NetEnergy) => number): NetEnergy => ({
  logic: of('logic'),
  registers: of('registers'),
  wires: of('wires'),
  clock: of('clock'),
});
const sumOf = (x: NetEnergy, y: NetEnergy) => made((part) => x[part] + y[part]);
const scaled = (x: NetEnergy, by: number) => made((part) => x[part] * by);

/** Of the nets of all layers. */
interface ImageEstimate extends Pick<Estimate, 'variance' | 'doubt'> {
  total: number;
}

/** The target's own unit behind one whose operands may be swapped. */
function unitOf(gates: TargetGates, wanted: Datapath, layer: string): { unit: Datapath; own: GateUnit } {
  for (const [unit, own] of gates) if (unit.name === wanted.name) return { unit, own };
  throw new RangeError(`layer ${layer} runs on unit ${wanted.name}, whose gates are not there`);
}

/** Simulates so many tiles of each product that their sum is known well enough, or as many as the time allows. */
function draw(samples: readonly GateSample[], looked: number): void {
  const costOf = (count: (sample: GateSample) => number) =>
    samples.reduce((sum, sample) => sum + count(sample) * sample.cost, 0);
  if (costOf(({ tiles }) => tiles) <= WHOLE) {
    for (const sample of samples) sample.extend(sample.tiles, looked);
    return;
  }
  const first = costOf(() => PILOT) <= MOST / 2 ? PILOT : 2;
  for (const sample of samples) sample.extend(first, looked);
  for (let round = 0; round < ROUNDS; round++) {
    const estimates = samples.map((sample) => sample.estimate());
    const total = estimates.reduce((sum, each) => sum + totalOf(each), 0);
    const half = half95(estimates);
    const left = MOST - costOf(({ simulated }) => simulated);
    if (half <= WANTED * total || left <= 0) return;
    const variance = estimates.reduce((sum, each) => sum + each.variance, 0);
    const goal = variance * ((WANTED * total) / half) ** 2;
    // Neyman's sizes for that variance at the least cost (Cochran, 5.5).
    const weights = samples.map(({ tiles, spread, cost }) => ({ size: tiles * spread, root: Math.sqrt(cost) }));
    const whole = samples.reduce((sum, { tiles, spread }) => sum + tiles * spread ** 2, 0);
    const factor = weights.reduce((sum, { size, root }) => sum + size * root, 0) / (goal + whole);
    const wanted = weights.map(({ size, root }) => (size / root) * factor);
    const more = costOf((sample) => Math.max(0, wanted[samples.indexOf(sample)] - sample.simulated));
    if (more <= 0) return;
    const share = Math.min(1, left / more);
    samples.forEach((sample, i) =>
      sample.extend(Math.ceil(sample.simulated + share * Math.max(0, wanted[i] - sample.simulated))),
    );
  }
}

/** Tiles of each product that are looked at first. */
const PILOT = 4;

/**
 * Of the mean over the images of a run, from those that were taken (two stages: Cochran, 10.3), as a share of it. One image
 * says nothing of others: its error is that of its tiles.
 */
function errorOf(images: readonly ImageEstimate[], all: number): number {
  const count = images.length;
  const mean = images.reduce((sum, { total }) => sum + total, 0) / count;
  if (mean === 0) return 0;
  if (count === 1 || count === all) return half95(images) / count / mean;
  const within = images.reduce((sum, { variance }) => sum + variance, 0) / count;
  const taken = count / all;
  const between = (1 - taken) * varianceOf(images.map(({ total }) => total));
  return (student95(count - 1) * Math.sqrt((between + taken * within) / count)) / mean;
}
