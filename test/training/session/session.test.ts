import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import { isMacLayer, type Network } from '../../../src/networks/network.js';
import { parameter } from '../../../src/networks/parameter.js';
import { formatGradients } from '../../../src/quantize/learned/gradients.js';
import { mlp } from '../../../src/training/networks/architectures.js';
import { roundedSgd } from '../../../src/training/session/axpy.js';
import { checkpointBytes, readCheckpoint } from '../../../src/training/session/checkpoint.js';
import { imagesOf } from '../../../src/training/data/dataset.js';
import { digits } from '../../../src/training/data/digits.js';
import { adam, type Optimizer, sgd } from '../../../src/training/session/optimizer.js';
import { type SessionOptions, sessionOf } from '../../../src/training/session/session.js';
import { train } from '../../../src/training/session/train.js';

const data = digits(120, 11);
const options = (parts: Partial<SessionOptions> = {}): SessionOptions => ({
  epochs: 3,
  batch: 30,
  rate: 0.02,
  seed: 4,
  ...parts,
});

const weightsOf = (network: Network) => network.layers.filter(isMacLayer).map(({ weight }) => Array.from(weight.data));

const optimizers: [string, () => Optimizer][] = [
  ['sgd', () => sgd({ decay: 1e-3 })],
  ['adam', () => adam()],
  ['rounded sgd', () => roundedSgd(Math.fround, { decay: 1e-3 })],
];

describe('a session', () => {
  it.each(optimizers)('stopped anywhere goes on from its bytes with the same bits: %s', (_, optimizer) => {
    const whole = train(mlp(1), data, options({ optimizer: optimizer() }));
    for (const stop of [1, 4, 7]) {
      const first = sessionOf(mlp(1), data, options({ optimizer: optimizer() }));
      while (first.done < stop) first.step();
      const { kept, state } = readCheckpoint<{ at: number }>(
        checkpointBytes({ kept: { at: stop }, state: first.state() }),
        'c',
      );
      const second = sessionOf(mlp(1), data, options({ optimizer: optimizer() }));
      second.resume(state);
      expect([kept.at, second.done]).toEqual([stop, stop]);
      while (second.done < second.steps) second.step();
      expect(weightsOf(second.network())).toEqual(weightsOf(whole));
    }
  });

  it('refuses the state of another network, and bytes that are cut short', () => {
    const session = sessionOf(mlp(1), data, options());
    const state = session.state();
    expect(() => session.resume(state.slice(0, -1))).toThrow(/^the checkpoint is of another network or recipe/);
    const bytes = checkpointBytes({ kept: 0, state });
    expect(() => readCheckpoint(bytes.subarray(0, bytes.length - 8), 'c.bin')).toThrow(/^c\.bin ends within/);
    expect(() => readCheckpoint(bytes.subarray(0, 10), 'c.bin')).toThrow(/^c\.bin is no checkpoint/);
  });

  it('a power-of-two loss scale changes no bit of float32 training', () => {
    const plain = train(mlp(1), data, options());
    const scaled = train(mlp(1), data, options({ scaling: { kind: 'static', scale: 1024 } }));
    expect(weightsOf(scaled)).toEqual(weightsOf(plain));
  });

  it('skips a step whose gradients overflowed, and halves the scale', () => {
    // The gradient by a logit is up to 1/30: 2^24 times that is beyond fp16.
    const huge = { kind: 'dynamic', initial: 2 ** 24, growth: 2, backoff: 0.5, interval: 2000 } as const;
    const quantizers = () => ({ gradient: formatGradients(fitTo(formatNamed('fp16'))) });
    const session = sessionOf(mlp(1), data, options({ scaling: huge, quantizers }));
    const before = weightsOf(session.network());
    const first = session.step();
    expect([first.skipped, first.lossScale]).toEqual([true, 2 ** 24]);
    expect(weightsOf(session.network())).toEqual(before);
    expect(session.step().lossScale).toBe(2 ** 23);
  });

  it('changes nothing where it is judged or written: what comes next has the same bits', () => {
    const [plain, looked] = [0, 1].map(() => sessionOf(mlp(1), data, options()));
    const stateOf = () => looked.state().map(({ name, data: own }) => [name, Array.from(own)]);
    for (const session of [plain, looked]) session.step();
    const before = stateOf();
    const written = looked.quantizedNetwork(imagesOf(data, 0, 50));
    looked.accuracyOn(data);
    expect(stateOf()).toEqual(before);
    expect(looked.quantizedNetwork(imagesOf(data, 0, 10))).toEqual(written);
    for (const session of [plain, looked]) session.step();
    expect(weightsOf(looked.network())).toEqual(weightsOf(plain.network()));
  });

  it('says so when there is no whole batch', () => {
    expect(() => sessionOf(mlp(1), data, options({ batch: 121 }))).toThrow(
      'training needs at least one batch: 120 images, 121 a batch',
    );
  });
});

it('rounded sgd rounds each of its three sums: by hand, to whole numbers', () => {
  const p = parameter('w', Float32Array.of(10), { decays: true });
  p.gradient[0] = 3;
  const optimizer = roundedSgd(Math.floor, { momentum: 0.5, decay: 0.25 });
  optimizer.step([p], 0.5);
  // g = floor(3 + 2.5) = 5, v = floor(5) = 5, w = floor(10 - 2.5) = 7
  expect(p.value[0]).toBe(7);
  p.gradient[0] = 0;
  optimizer.step([p], 0.5);
  // g = floor(1.75) = 1, v = floor(3.5) = 3, w = floor(5.5) = 5
  expect(p.value[0]).toBe(5);
});
