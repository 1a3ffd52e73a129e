import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { execute } from '../../../src/networks/execute.js';
import { isMacLayer, type Layer, type Network } from '../../../src/networks/network.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { awq } from '../../../src/quantize/equalize/awq.js';
import { channelOf, linksOf, scaleChannels } from '../../../src/quantize/equalize/channelScales.js';
import { smoothed } from '../../../src/quantize/equalize/smoothQuant.js';
import { maximum } from '../../../src/quantize/ranges/maximum.js';
import { quantizationOf, scheme } from '../../../src/quantize/contract/scheme.js';
import { dequantize, quantize } from '../../../src/networks/quantization.js';
import { randomFrom } from '../../../src/random/random.js';
import { conv, dense, network } from '../../networks/readers/onnx/samples.js';

/** Channels that move their scale from one product to the next: the function stays, dead channels included. */
const draw = randomFrom(41);
const normal = (shape: readonly number[]): FloatTensor =>
  floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => draw.normal()),
  );
const relu = (name: string, input: string): Layer => ({ op: 'relu', name, inputs: [input], outputs: [name] });
const WINDOW = { kernel: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] } as const;

/**
 * Two convolutions, pools, a flattening and two dense layers. Of the channels between, number 1 is read by no weight, 2 is
 * never above zero, and 3 is both.
 */
function sample(): Network {
  const [first, second, third, last] = [normal([5, 2, 3, 3]), normal([4, 5, 2, 2]), normal([6, 8]), normal([3, 6])];
  // Of one sign, so that what should live does.
  for (const { data } of [second, third]) data.forEach((w, i) => (data[i] = Math.abs(w)));
  const columns = (weight: FloatTensor, each: number, channel: number) =>
    weight.data.forEach((_, i) => {
      const k = i % (weight.data.length / weight.shape[0]);
      if (Math.floor(k / each) === channel) weight.data[i] = 0;
    });
  for (const channel of [1, 3]) {
    columns(second, 4, channel);
    columns(third, 2, channel);
    columns(last, 1, channel);
  }
  const bias = (length: number) => Float32Array.from({ length }, (_, c) => (c === 2 || c === 3 ? -1e5 : 3 + c));
  return network(
    'sample',
    [2, 8, 8],
    [
      conv('conv1', 'image', first, { bias: bias(5), pad: [1, 1, 1, 1] }),
      relu('relu1', 'conv1'),
      { op: 'maxPool', name: 'pool1', inputs: ['relu1'], outputs: ['pool1'], ...WINDOW },
      conv('conv2', 'pool1', second, { bias: bias(4) }),
      relu('relu2', 'conv2'),
      {
        op: 'averagePool',
        name: 'pool2',
        inputs: ['relu2'],
        outputs: ['pool2'],
        kernel: [3, 2],
        stride: [1, 1],
        pad: [0, 0, 0, 0],
      },
      { op: 'flatten', name: 'flat', inputs: ['pool2'], outputs: ['flat'] },
      dense('fc1', 'flat', third, { bias: bias(6) }),
      relu('relu3', 'fc1'),
      dense('fc2', 'relu3', last),
    ],
  );
}

const images = normal([9, 2, 8, 8]);
const run = (made: Network) => execute(made, images, float32Arithmetic).data as Float32Array;
const macs = (made: Network) => made.layers.filter(isMacLayer);

/** What a layer reads, [images, features or places]. */
function inputsOf(made: Network, from: string): FloatTensor {
  let seen: FloatTensor | undefined;
  execute(made, images, float32Arithmetic, (tensor, output) => {
    if (tensor === from) seen = output as FloatTensor;
  });
  if (seen === undefined) throw new Error(`nothing writes ${from}`);
  return seen;
}

/** Largest magnitudes that a layer reads and multiplies with in each channel before it. */
function rangesOf(made: Network, name: string, from: string, channels: number, each: number) {
  const [inX, inW] = [new Float64Array(channels), new Float64Array(channels)];
  const { data, shape } = inputsOf(made, from);
  const size = sizeOf(shape.slice(1)) / channels;
  data.forEach((x, i) => {
    const c = Math.floor(i / size) % channels;
    inX[c] = Math.max(inX[c], Math.abs(x));
  });
  const weight = weightOf(made, name);
  const width = weight.data.length / weight.shape[0];
  weight.data.forEach((w, i) => {
    const c = Math.floor((i % width) / each);
    inW[c] = Math.max(inW[c], Math.abs(w));
  });
  return { inX, inW };
}

const weightOf = (made: Network, name: string) =>
  macs(made).find((layer) => layer.name === name)?.weight as FloatTensor;

/** The factor that a layer's channels were divided by: its biases have it, which are not zero. */
function factorsOf(before: Network, after: Network, name: string): number[] {
  const [old, own] = [before, after].map(
    (made) => macs(made).find((layer) => layer.name === name)?.bias as Float32Array,
  );
  return Array.from(old, (b, c) => b / own[c]);
}

/** By layer: what it reads, the product before it, the channels of that, and the weights of a row that read one. */
const READ: readonly [name: string, from: string, before: string, channels: number, each: number][] = [
  ['conv2', 'pool1', 'conv1', 5, 4],
  ['fc1', 'flat', 'conv2', 4, 2],
  ['fc2', 'relu3', 'fc1', 6, 1],
];

function expectSameFunction(before: Network, after: Network): void {
  const [plain, turned] = [run(before), run(after)];
  const largest = plain.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  plain.forEach((value, i) =>
    expect(Math.abs(value - turned[i]), `output ${i}`).toBeLessThanOrEqual(2 ** -19 * largest),
  );
}

describe.each([0.25, 0.5, 0.8])('SmoothQuant with alpha %d', (alpha) => {
  const before = sample();
  const after = smoothed(before, images, alpha);

  it('is the same function', () => expectSameFunction(before, after));

  it.each(READ)(
    '%s: divides what it reads by max |X|^a / max |W|^(1 - a), by 1 in a dead channel',
    (name, from, product, channels, each) => {
      const { inX, inW } = rangesOf(before, name, from, channels, each);
      const factors = factorsOf(before, after, product);
      for (let c = 0; c < channels; c++) {
        const dead = c >= 1 && c <= 3;
        expect(inX[c] * inW[c] === 0, `channel ${c}`).toBe(dead);
        if (dead) expect(factors[c]).toBe(1);
        else expect(factors[c] / (inX[c] ** alpha / inW[c] ** (1 - alpha))).toBeCloseTo(1, 6);
      }
    },
  );
});

describe.each([1, 4, 20])('AWQ in %i steps', (steps) => {
  const before = sample();
  const weight = scheme('int3', maximum(), 'channel');
  const after = awq(before, images, weight, steps);

  it('is the same function', () => expectSameFunction(before, after));

  it.each(READ.slice(1))(
    '%s: takes the power of the mean |X| that leaves the least error',
    (name, from, product, channels, each) => {
      const { shape, data: w } = weightOf(before, name);
      const width = w.length / shape[0];
      const { data: x } = inputsOf(before, from);
      const powers = new Float64Array(width);
      const saliences = new Float64Array(channels);
      x.forEach((value, i) => {
        powers[i % width] += value ** 2;
        saliences[Math.floor((i % width) / each)] += Math.abs(value);
      });
      const candidates = Array.from({ length: steps + 1 }, (_, step) => {
        const raised = saliences.map((salience) => (salience === 0 ? 0 : salience ** (step / steps)));
        const live = raised.filter((value) => value > 0);
        const middle = Math.sqrt(Math.max(...live) * Math.min(...live));
        const factors = Array.from(raised, (value) => (value === 0 ? 1 : value / middle));
        const factor = (i: number) => factors[Math.floor((i % width) / each)];
        const scaled = floatTensor(
          shape,
          w.map((value, i) => value * factor(i)),
        );
        const held = dequantize(quantize(scaled, quantizationOf(scaled, weight))).data;
        let error = 0;
        w.forEach((value, i) => (error += (value - held[i] / factor(i)) ** 2 * powers[i % width]));
        return { factors, error };
      });
      const best = candidates.reduce((least, each) => (each.error < least.error ? each : least));
      factorsOf(before, after, product).forEach((found, c) => expect(found / best.factors[c]).toBeCloseTo(1, 6));
    },
  );
});

describe('links', () => {
  it('are products with one reader each and nothing between that a factor does not pass', () => {
    const names = (made: Network) => linksOf(made).map(({ from, to }) => `${from.name} ${to.name}`);
    const made = sample();
    expect(names(made)).toEqual(['conv1 conv2', 'conv2 fc1', 'fc1 fc2']);
    const replaced = (name: string, layer: Layer) =>
      names({ ...made, layers: made.layers.map((each) => (each.name === name ? layer : each)) });
    expect(replaced('relu3', { op: 'sign', name: 'relu3', inputs: ['fc1'], outputs: ['relu3'] })).toEqual([
      'conv1 conv2',
      'conv2 fc1',
    ]);
    // The output of the network is a reader too.
    expect(names({ ...made, outputs: ['relu3'] })).toEqual(['conv1 conv2', 'conv2 fc1']);
    const more: Layer = { op: 'add', name: 'more', inputs: ['fc2', 'fc2'], outputs: ['more'] };
    const beside = relu('beside', 'relu1');
    expect(names({ ...made, layers: [...made.layers, more, beside] })).toEqual(['conv2 fc1', 'fc1 fc2']);
    const depthwise = conv('conv2', 'pool1', normal([5, 1, 2, 2]), { groups: 5 });
    expect(replaced('conv2', depthwise)).toEqual(['conv2 fc1', 'fc1 fc2']);
  });

  it('scale rows, biases and columns by powers of two, bit for bit the same function', () => {
    const made = sample();
    for (const link of linksOf(made)) {
      const channels = link.from.weight.shape[0];
      const factors = Float64Array.from({ length: channels }, (_, c) => 2 ** (c - 2));
      const scaled = scaleChannels(made, link, factors);
      expect(run(scaled)).toEqual(run(made));
      const [from, to] = [link.from.name, link.to.name].map(
        (name) => macs(scaled).find((layer) => layer.name === name) as (typeof link)['from'],
      );
      const each = link.from.weight.data.length / channels;
      expect(from.weight.data).toEqual(link.from.weight.data.map((w, i) => w / factors[Math.floor(i / each)]));
      expect(from.bias).toEqual(link.from.bias?.map((b, c) => b / factors[c]));
      const width = link.to.weight.data.length / link.to.weight.shape[0];
      expect(to.weight.data).toEqual(
        link.to.weight.data.map((w, i) => w * factors[Math.floor(((i % width) * channels) / width)]),
      );
      expect(channelOf(link, width - 1)).toBe(channels - 1);
    }
  });
});
