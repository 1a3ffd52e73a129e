import { describe, expect, it } from 'vitest';
import { type Parameter, parameter } from '../../../src/networks/parameter.js';
import { randomFrom } from '../../../src/random/random.js';
import { roundedSgd } from '../../../src/training/session/axpy.js';
import { adam, type Optimizer, sgd } from '../../../src/training/session/optimizer.js';

/** What one weight has been through: its value, and what the optimizer remembers of it. */
interface Weight {
  w: number;
  v: number;
  s: number;
}

/** One step of one weight as the paper has it, in float64, whose results are kept in float32; t counts from 1. */
type Formula = (before: Weight, g: number, rate: number, decays: boolean, t: number) => Weight;

/** Sutskever et al., ICML 2013, as PyTorch has it: v = mu v + g + lambda w, w = w - rate v. */
const momentum =
  (mu: number, lambda: number): Formula =>
  ({ w, v, s }, g, rate, decays) => {
    const moved = Math.fround(mu * v + g + (decays ? lambda * w : 0));
    return { w: Math.fround(w - rate * moved), v: moved, s };
  };

/** Kingma and Ba, ICLR 2015, algorithm 1; decay as in Loshchilov and Hutter, ICLR 2019, algorithm 2, beside the quotient. */
const moments =
  (beta1: number, beta2: number, epsilon: number, lambda: number): Formula =>
  ({ w, v, s }, g, rate, decays, t) => {
    const m = Math.fround(beta1 * v + (1 - beta1) * g);
    const square = Math.fround(beta2 * s + (1 - beta2) * g * g);
    const power = (beta: number) => new Array<number>(t).fill(beta).reduce((a, b) => a * b, 1);
    const quotient = m / (1 - power(beta1)) / (Math.sqrt(square / (1 - power(beta2))) + epsilon);
    return { w: Math.fround(w - rate * (quotient + (decays ? lambda * w : 0))), v: m, s: square };
  };

/** Wang et al., NeurIPS 2018, figure 4b: three sums, each rounded; one that adds nothing is none. */
const axpys =
  (round: (x: number) => number, mu: number, lambda: number): Formula =>
  ({ w, v, s }, g, rate, decays) => {
    const decayed = decays && lambda > 0 ? Math.fround(round(g + lambda * w)) : g;
    const moved = Math.fround(round(mu * v + decayed));
    return { w: Math.fround(round(w - rate * moved)), v: moved, s };
  };

/** To multiples of 1/64, halves up. */
const sixtyFourths = (x: number) => Math.floor(x * 64 + 0.5) / 64;

const OPTIMIZERS: [string, () => Optimizer, Formula][] = [
  ['sgd as it comes', () => sgd(), momentum(0.9, 0)],
  ['sgd with decay', () => sgd({ momentum: 0.75, decay: 1 / 32 }), momentum(0.75, 1 / 32)],
  ['sgd without momentum', () => sgd({ momentum: 0, decay: 1 / 4 }), momentum(0, 1 / 4)],
  ['adam as it comes', () => adam(), moments(0.9, 0.999, 1e-8, 0)],
  [
    'adam with decay',
    () => adam({ beta1: 0.5, beta2: 0.75, epsilon: 1 / 64, decay: 1 / 8 }),
    moments(0.5, 0.75, 1 / 64, 1 / 8),
  ],
  ['rounded sgd as it comes', () => roundedSgd(sixtyFourths), axpys(sixtyFourths, 0.9, 0)],
  [
    'rounded sgd with decay',
    () => roundedSgd(sixtyFourths, { momentum: 0.75, decay: 1 / 8 }),
    axpys(sixtyFourths, 0.75, 1 / 8),
  ],
];

/** Parameters of every kind: with decay and without, with a limit and without. */
function parameters(): Parameter[] {
  const random = randomFrom(31);
  return [true, false].flatMap((decays) =>
    [undefined, 0.75].map((limit) => {
      const value = Float32Array.from({ length: 9 }, () => sixtyFourths(random.normal() / 2));
      return parameter(`${decays} ${limit}`, value, { decays, limit });
    }),
  );
}

describe.each(OPTIMIZERS)('%s', (_name, make, formula) => {
  it('moves each weight as its paper says, to the last bit, and forgets the gradients (seed 31)', () => {
    const random = randomFrom(31, 1);
    const own = parameters();
    const optimizer = make();
    const wanted = own.map(({ value }) => Array.from(value, (w): Weight => ({ w, v: 0, s: 0 })));
    for (let t = 1; t <= 6; t++) {
      const rate = 0.25 / t;
      own.forEach(({ gradient, decays, limit = Infinity }, p) =>
        gradient.forEach((_, i) => {
          gradient[i] = (i + t) % 4 === 0 ? 0 : random.normal();
          const { w, ...rest } = formula(wanted[p][i], gradient[i], rate, decays, t);
          // Beyond its limit a weight is put on it.
          wanted[p][i] = { ...rest, w: Math.abs(w) <= limit ? w : Math.sign(w) * limit };
        }),
      );
      optimizer.step(own, rate);
      own.forEach(({ name, value, gradient }, p) => {
        expect(Array.from(value), `${name} after step ${t}`).toEqual(wanted[p].map(({ w }) => w));
        expect(Array.from(gradient)).toEqual(new Array(9).fill(0));
      });
    }
    const names = own.map(({ name }) => name);
    const known = new Map(optimizer.state(own).map(({ name, data }) => [name, Array.from(data)]));
    const first = known.has(`${names[0]}.mean`) ? 'mean' : 'velocity';
    names.forEach((name, p) => expect(known.get(`${name}.${first}`)).toEqual(wanted[p].map(({ v }) => v)));
    if (first === 'mean')
      names.forEach((name, p) => expect(known.get(`${name}.square`)).toEqual(wanted[p].map(({ s }) => s)));
    expect(known.size).toBe(first === 'mean' ? 2 * names.length + 1 : names.length);
  });

  it('leaves alone what neither moves nor decays', () => {
    const own = parameters();
    const before = own.map(({ value }) => Array.from(value));
    const optimizer = make();
    for (let t = 0; t < 3; t++) optimizer.step(own, 0.25);
    own.forEach(({ name, value, decays, limit = Infinity }, p) => {
      if (!decays) expect(Array.from(value), name).toEqual(before[p].map((w) => Math.max(-limit, Math.min(limit, w))));
    });
  });

  it('starts from zeros where it has seen nothing, and its state is what the next step reads', () => {
    const [own, other] = [parameters(), parameters()];
    const [first, second] = [make(), make()];
    for (const { data } of first.state(own)) expect(new Set(data).size).toBe(1);
    const grown = (all: readonly Parameter[]) => all.forEach(({ gradient }) => gradient.fill(0.5));
    grown(own);
    first.step(own, 0.25);
    const [from, to] = [first.state(own), second.state(other)];
    expect(to.map(({ name }) => name)).toEqual(from.map(({ name }) => name));
    to.forEach(({ data }, i) => data.set(from[i].data));
    other.forEach(({ value }, p) => value.set(own[p].value));
    for (const all of [own, other]) grown(all);
    first.step(own, 0.25);
    second.step(other, 0.25);
    expect(other.map(({ value }) => value)).toEqual(own.map(({ value }) => value));
  });
});
