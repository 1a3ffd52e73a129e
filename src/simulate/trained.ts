import { loadTarget } from '../targets/catalog.js';
import { type Dataset, firstOf } from '../training/data/dataset.js';
import type { TrainRecipe } from '../recipes/trainRecipe.js';
import type { Candidate } from './study.js';
import { openTraining, type Training, type TrainingPlan } from './training.js';

/** What the training recipes of a study share. */
export interface StudyTraining {
  /** ONNX file of the float network. */
  network: string;
  epochs: number;
  batch: number;
  seed: number;
}

/** A trained network, what a step took, and its own row in the arithmetic of its training. */
export type Trained = Pick<Candidate, 'network' | 'home' | 'step' | 'own'>;

/**
 * Trains the study's network by a recipe, on the grids of the recipe with float32 sums: the array's own sums take longer
 * and are what `lastbit train` is for.
 * @throws Error when the recipe cannot train this network
 */
export async function trainedBy(
  recipe: TrainRecipe,
  shared: StudyTraining,
  data: Dataset,
  judged: Dataset,
): Promise<Trained> {
  const plan: TrainingPlan = { ...shared, recipe: recipe.name, target: recipe.target, arithmetic: 'float' };
  const training = await openTraining(plan, data);
  let step = training.step();
  while (training.done() < training.steps) step = training.step();
  const { cycles: stepCycles, energyPj: stepEnergyPj } = step;
  const network = training.network();
  return { network, home: recipe.target, step: { stepCycles, stepEnergyPj }, own: ownRow(training, judged) };
}

function ownRow(training: Training, judged: Dataset): Trained['own'] {
  const { cycles, energyPj } = training.inferenceCost(firstOf(judged, 1));
  return { target: loadTarget(training.plan.target).name, accuracy: training.accuracyOn(judged), cycles, energyPj };
}
