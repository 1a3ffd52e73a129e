import { describe, expect, it } from 'vitest';
import type { Network } from '../../../src/networks/network.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import type { Dataset } from '../../../src/training/data/dataset.js';
import type { Loss } from '../../../src/training/session/loss.js';
import type { Optimizer } from '../../../src/training/session/optimizer.js';
import { type Session, type SessionOptions, sessionOf } from '../../../src/training/session/session.js';

/** One dense layer of two classes on images of one pixel, whose gradients can be worked out by hand. */
function tiny(): Network {
  return {
    name: 'tiny',
    inputs: [{ name: 'image', shape: [1, 1, 1, 1] }],
    batch: 'free',
    outputs: ['y'],
    metadata: {},
    layers: [
      { op: 'flatten', name: 'flat', inputs: ['image'], outputs: ['flat'] },
      {
        op: 'dense',
        name: 'y',
        inputs: ['flat'],
        outputs: ['y'],
        weight: floatTensor([2, 1], Float32Array.of(0.5, -0.5)),
        bias: Float32Array.of(0, 0),
        result: { kind: 'float' },
      },
    ],
  };
}

/** Image i is its own number over 16. */
function numbered(count: number): Dataset {
  const images = Float32Array.from({ length: count }, (_, i) => i / 16);
  return { images, labels: Uint8Array.from(images, (_, i) => i % 2), count, shape: [1, 1, 1] };
}

/** What a session showed to its loss and to its optimizer, step by step. */
interface Seen {
  images: number[][];
  labels: number[][];
  rates: number[];
  gradients: number[][];
  begun: [number, number][];
}

function watchedSession(data: Dataset, parts: Partial<SessionOptions>, losses: (step: number) => Loss) {
  const seen: Seen = { images: [], labels: [], rates: [], gradients: [], begun: [] };
  const optimizer: Optimizer = {
    state: () => [],
    step(parameters, rate) {
      seen.rates.push(rate);
      seen.gradients.push(parameters.flatMap(({ gradient }) => Array.from(gradient)));
      for (const { gradient } of parameters) gradient.fill(0);
    },
  };
  const session = sessionOf(tiny(), data, {
    ...{ epochs: 3, batch: 3, rate: 0.5, seed: 6, optimizer },
    loss(_logits, labels, images) {
      seen.images.push(Array.from(images.data, (pixel) => pixel * 16));
      seen.labels.push(Array.from(labels));
      return losses(seen.images.length - 1);
    },
    onBegin: (step, scale) => seen.begun.push([step, scale]),
    ...parts,
  });
  return { session, seen };
}

const lossOf = (size: number, gradient = 0.25): Loss => ({
  loss: size,
  gradient: floatTensor([3, 2], new Float32Array(6).fill(gradient)),
  correct: 2,
});

function toEnd(session: Session) {
  const records = [];
  while (session.done < session.steps) records.push(session.step());
  return records;
}

describe('a session', () => {
  it('shows every image at most once in an epoch, in an order of its own, with its label, and lets the rate fall', () => {
    const { session, seen } = watchedSession(numbered(11), {}, () => lossOf(1));
    expect([session.stepsPerEpoch, session.steps, session.done]).toEqual([3, 9, 0]);
    const records = toEnd(session);
    expect(
      records.map(({ step, steps, accuracy, lossScale, skipped }) => [step, steps, accuracy, lossScale, skipped]),
    ).toEqual(Array.from({ length: 9 }, (_, i) => [i + 1, 9, 2 / 3, 1, false]));
    expect(seen.begun).toEqual(Array.from({ length: 9 }, (_, i) => [i, 1]));
    expect(seen.rates).toEqual(Array.from({ length: 9 }, (_, i) => 0.5 * (1 - i / 9)));
    const epochs = [0, 3, 6].map((first) => seen.images.slice(first, first + 3).flat());
    for (const epoch of epochs) {
      expect(new Set(epoch).size).toBe(9);
      expect(epoch.every((image) => Number.isInteger(image) && image >= 0 && image < 11)).toBe(true);
    }
    expect(new Set(epochs.map(String)).size).toBe(3);
    seen.images.forEach((batch, step) => expect(seen.labels[step]).toEqual(batch.map((image) => image % 2)));
  });

  it('has the same order for the same seed, from any state that it goes on from, another for another', () => {
    const orders = (seed: number) => {
      const { session, seen } = watchedSession(numbered(9), { seed }, () => lossOf(1));
      const states = [session.state().map(({ name, data }) => ({ name, data: data.slice() }))];
      while (session.done < session.steps) {
        session.step();
        states.push(session.state().map(({ name, data }) => ({ name, data: data.slice() })));
      }
      return { session, seen, states };
    };
    const { session, seen, states } = orders(6);
    expect(orders(6).seen.images).toEqual(seen.images);
    expect(orders(7).seen.images).not.toEqual(seen.images);
    const whole = seen.images.slice();
    // Forward and back again: from each state on the same images.
    for (const from of [5, 1, 8, 0, 3, 7, 2]) {
      seen.images.length = 0;
      session.resume(states[from]);
      expect(session.done).toBe(from);
      toEnd(session);
      expect(seen.images, `from step ${from}`).toEqual(whole.slice(from));
    }
  });

  it('multiplies the gradient of the loss by a static scale, and divides those of the parameters by it', () => {
    // A factor that float32 cannot divide by without rounding.
    const plain = watchedSession(numbered(3), { epochs: 1 }, () => lossOf(1, 1 / 3));
    const scaled = watchedSession(numbered(3), { epochs: 1, scaling: { kind: 'static', scale: 1000 } }, () =>
      lossOf(1, 1 / 3),
    );
    toEnd(plain.session);
    expect(toEnd(scaled.session).map(({ lossScale }) => lossScale)).toEqual([1000]);
    expect(scaled.seen.begun).toEqual([[0, 1000]]);
    // Images 0, 1, 2 over 16 in some order: the weights' gradients are 3/16 of one logit's, the biases' three times it.
    const logit = Math.fround(1 / 3);
    const large = Math.fround(logit * 1000);
    const weight = (g: number) => {
      const terms = [...plain.seen.images[0]].map((image) => Math.fround(g * (image / 16)));
      return terms.reduce((sum, term) => Math.fround(sum + term), 0);
    };
    expect(plain.seen.gradients[0]).toEqual([
      weight(logit),
      weight(logit),
      Math.fround(3 * logit),
      Math.fround(3 * logit),
    ]);
    const divided = [weight(large), weight(large), Math.fround(3 * large), Math.fround(3 * large)];
    expect(scaled.seen.gradients[0]).toEqual(divided.map((g) => Math.fround(g / 1000)));
  });

  it.each(['none', 'static'] as const)('takes a step whose gradients are not finite where the scale is %s', (kind) => {
    const scaling = kind === 'none' ? { kind } : { kind, scale: 2 };
    const { session, seen } = watchedSession(numbered(3), { epochs: 1, scaling }, () => lossOf(1, Infinity));
    expect(session.step()).toMatchObject({ skipped: false, lossScale: kind === 'none' ? 1 : 2 });
    expect(seen.rates).toEqual([0.5]);
    expect(seen.gradients[0].every(Number.isFinite)).toBe(false);
  });

  it('leaves out what a dynamic scale says, moves the scale and keeps its counter in its state', () => {
    const scaling = { kind: 'dynamic', initial: 8, growth: 2, backoff: 0.5, interval: 2 } as const;
    const isBad = [false, true, false, false, true, true, false, false, false];
    const { session, seen } = watchedSession(numbered(9), { scaling }, (step) =>
      lossOf(1, isBad[step] ? Number.NaN : 1),
    );
    const goodSteps: number[] = [];
    const records = Array.from({ length: 9 }, () => {
      const record = session.step();
      goodSteps.push(session.state()[0].data[2]);
      return record;
    });
    expect(records.map(({ skipped }) => skipped)).toEqual(isBad);
    expect(records.map(({ lossScale }) => lossScale)).toEqual([8, 8, 4, 4, 8, 4, 2, 2, 4]);
    expect(goodSteps).toEqual([1, 0, 1, 0, 0, 0, 1, 0, 1]);
    expect(Array.from(session.state()[0].data)).toEqual([9, 4, 1]);
    // The rate falls with every step, taken or not; what was left out leaves no gradient behind.
    expect(seen.rates).toEqual([0, 2, 3, 6, 7, 8].map((step) => 0.5 * (1 - step / 9)));
    const biases = seen.gradients.map((all) => all.slice(2));
    expect(biases).toEqual(biases.map(() => [3, 3]));
  });

  it.each([Number.NaN, Infinity, -Infinity])('stops where the loss is %d, with the step and the rate', (wrong) => {
    const { session } = watchedSession(numbered(9), {}, (step) => lossOf(step === 4 ? wrong : 1));
    for (let step = 0; step < 4; step++) session.step();
    expect(() => session.step()).toThrow(`training tiny: the loss is ${wrong} at step 4: lower the rate (0.5)`);
  });

  it('counts what it labels right over all images of any number, and judges no images of another size', () => {
    const { session } = watchedSession(numbered(9), {}, () => lossOf(1));
    // With weights of 0.5 and -0.5 a positive pixel is of class 0; of equals the first is taken.
    for (const count of [1, 99, 100, 101, 250]) {
      const judged = numbered(count);
      expect(session.accuracyOn(judged), `${count}`).toBe(judged.labels.filter((label) => label === 0).length / count);
    }
    expect(() => session.accuracyOn({ ...numbered(4), count: 1, shape: [1, 2, 2] })).toThrow('the images are 1x2x2');
  });
});
