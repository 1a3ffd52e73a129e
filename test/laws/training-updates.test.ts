import { describe, expect, it } from 'vitest';
import { parameter } from '../../src/networks/parameter.js';
import { randomFrom } from '../../src/random/random.js';
import { TRAIN_RECIPES } from '../../src/recipes/catalog.js';
import type { TrainRecipe } from '../../src/recipes/trainRecipe.js';

/**
 * How each recipe moves weights, by the papers: those of binary and ternary latent weights by Adam without decay; fp8-ibm by
 * three rounded sums in dlfloat16; all others by SGD with momentum 0.9 and decay 5e-4.
 */
const LATENT = ['bnn', 'xnor', 'xnor-k', 'binaryconnect', 'binaryconnect-fp32', 'binaryconnect-stochastic', 'ttq'];
const ROUNDED = ['fp8-ibm', 'fp8-ibm-unchunked'];
const DECAY = 5e-4;

/**
 * DLFloat16 (Agrawal et al., ARITH 2019): 6 bits of exponent with bias 31, 9 of mantissa; no subnormals, and the code that
 * would be 2^-31 is zero; the code of all ones is no number.
 */
const SMALLEST = 2 ** -31 * (1 + 2 ** -9);
const LARGEST = 2 ** 32 * (2 - 2 ** -8);

/** A number moved to the grid toward zero, or one further, as the draw u of [0, 1) is below or above what it lacks. */
function drawn(x: number, u: number): number {
  const magnitude = Math.abs(x);
  let gap = SMALLEST;
  if (magnitude >= SMALLEST) for (gap = 2 ** -40; gap * 1024 <= magnitude; ) gap *= 2;
  const quanta = magnitude / gap;
  const up = quanta - Math.floor(quanta) + u >= 1 ? 1 : 0;
  return Math.sign(x) * Math.min((Math.floor(quanta) + up) * gap, LARGEST);
}

function isDlfloat16(x: number): boolean {
  if (x === 0) return true;
  const exponent = Array.from({ length: 64 }, (_, e) => e - 31).find((e) => Math.abs(x) < 2 ** (e + 1)) ?? 33;
  const isGrid = Number.isInteger((x / 2 ** exponent) * 512);
  return isGrid && Math.abs(x) >= SMALLEST && Math.abs(x) <= LARGEST;
}

const sourceOf = (u: number) => ({ begin() {}, unit: () => u, share: () => 0 });

/** Weights of all sizes in dlfloat16, zero and the largest among them. */
function weights(seed: number): Float32Array {
  const random = randomFrom(seed);
  const sizes = Array.from({ length: 40 }, (_, i) => drawn(random.normal() * 2 ** ((i % 20) - 14), 0));
  return Float32Array.of(0, LARGEST, -SMALLEST, 1, ...sizes);
}

/** One weight by its formula, step after step. */
function moved({ name }: TrainRecipe, u: number, decays: boolean): (w: number, g: number, rate: number) => number {
  let [v, s, t] = [0, 0, 0];
  if (LATENT.includes(name))
    return (w, g, rate) => {
      t++;
      v = Math.fround(0.9 * v + (1 - 0.9) * g);
      s = Math.fround(0.999 * s + (1 - 0.999) * g * g);
      const power = (beta: number) => new Array<number>(t).fill(beta).reduce((a, b) => a * b, 1);
      return Math.fround(w - rate * (v / (1 - power(0.9)) / (Math.sqrt(s / (1 - power(0.999))) + 1e-8)));
    };
  if (!ROUNDED.includes(name))
    return (w, g, rate) => {
      v = Math.fround(0.9 * v + g + (decays ? DECAY * w : 0));
      return Math.fround(w - rate * v);
    };
  return (w, g, rate) => {
    v = drawn(0.9 * v + (decays ? drawn(g + DECAY * w, u) : g), u);
    return drawn(w - rate * v, u);
  };
}

describe.each(TRAIN_RECIPES.map((recipe) => [recipe.name, recipe] as const))('updates of %s', (name, recipe) => {
  it.each([0, 0.5, 1 - 2 ** -20])('are those of its paper, to the last bit, where %d is drawn (seed 8)', (u) => {
    for (const decays of [true, false]) {
      const random = randomFrom(8);
      const p = parameter('w', weights(8), { decays });
      const wanted = Array.from(p.value);
      const formulas = wanted.map(() => moved(recipe, u, decays));
      const optimizer = recipe.optimizer(sourceOf(u));
      for (let t = 1; t <= 4; t++) {
        p.gradient.forEach((_, i) => (p.gradient[i] = random.normal() * 2 ** ((i % 9) - 6)));
        wanted.forEach((w, i) => (wanted[i] = formulas[i](w, p.gradient[i], recipe.rate / t)));
        optimizer.step([p], recipe.rate / t);
        expect(Array.from(p.value), `step ${t}, ${decays ? 'with decay' : 'without'}`).toEqual(wanted);
        if (ROUNDED.includes(name)) {
          const held = [p.value, ...optimizer.state([p]).map(({ data }) => data)].flatMap((all) => Array.from(all));
          expect(held.filter((x) => !isDlfloat16(x))).toEqual([]);
        }
      }
    }
  });

  it('leave alone what has no gradient and must not decay', () => {
    const p = parameter('bias', weights(9));
    const before = Array.from(p.value);
    const random = randomFrom(9, 1);
    const optimizer = recipe.optimizer({ ...sourceOf(0), unit: () => random.unit() });
    for (let t = 0; t < 5; t++) optimizer.step([p], recipe.rate);
    expect(Array.from(p.value)).toEqual(before);
  });
});
