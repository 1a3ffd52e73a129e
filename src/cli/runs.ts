import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Network } from '../networks/network.js';
import { resolveTarget, type RunPlan, whyNot } from '../simulate/plan.js';
import { inputPath } from '../text/packaged.js';
import { type PoolOptions, runAll } from '../simulate/pool.js';
import type { RunResult } from '../simulate/run.js';
import { TARGETS } from '../targets/catalog.js';
import type { Target } from '../targets/target.js';
import { integer } from './arguments.js';
import { newBar } from './bar.js';
import { usage, UsageError } from './errors.js';

// What the commands that run networks share: the progress bar, and the float network to compare with.

/** A bar with the time that is left, on a terminal only; elsewhere nothing is written. */
export function progressBar(total: number, unit: string): { update(done: number): void; stop(): void } {
  const bar = newBar(`{bar} {percentage}% | {value} of {total} ${unit} | {eta_formatted} left`);
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}

/** Runs plans with a bar over all their images. */
export async function runWithBar(plans: readonly RunPlan[], options: PoolOptions = {}): Promise<RunResult[]> {
  const total = plans.reduce((sum, { data }) => sum + data.images, 0);
  const bar = progressBar(total, 'images');
  try {
    return await runAll(plans, { ...options, progress: (done) => bar.update(done) });
  } finally {
    bar.stop();
  }
}

/** `--threads` for the pool. */
export function threadsFrom(threads: number | undefined): PoolOptions {
  return threads === undefined ? {} : { threads: integer(threads, '--threads', 1) };
}

/** The float network that a quantized one names in its metadata, where it lies in the same folder. */
export function referenceOf(path: string, { metadata }: Network): string | undefined {
  const name = metadata.reference;
  if (name === undefined) return undefined;
  const beside = join(dirname(path), name);
  return existsSync(inputPath(beside)) ? beside : undefined;
}

/** The target that the user named, or the first of the catalogue that can run the network. */
export function targetFor(name: string | undefined, network: Network): Target {
  if (name !== undefined) return usage(() => resolveTarget({ base: name }, network));
  const found = TARGETS.find((target) => whyNot(network, target) === undefined);
  if (found === undefined)
    throw new UsageError(`no target of the catalogue can run ${network.name}: name one with --target, or auto`);
  return found;
}
