import { describe, expect, it } from 'vitest';
import { type Rounding, stochastic } from '../../src/formats/rounding.js';
import { exactArithmetic, float32Arithmetic } from '../../src/networks/arithmetic.js';
import { execute } from '../../src/networks/execute.js';
import type { Layer, MatmulJob, Network } from '../../src/networks/network.js';
import { dequantize } from '../../src/networks/quantization.js';
import { floatTensor } from '../../src/networks/tensor.js';
import {
  goldenArithmetic,
  type LayerSums,
  targetArithmetic,
  unitsOf,
  wholeProducts,
} from '../../src/simulate/arithmetic.js';
import { arrayArithmetic } from '../../src/simulate/arrayArithmetic.js';
import { judgeAccuracy } from '../../src/simulate/accuracy.js';
import { goldenRun } from '../../src/simulate/golden.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { codes, conv, dense, network, quantization, random, reals } from '../networks/readers/onnx/samples.js';

const draw = random(5);

/** Products of k, from formats and back to reals: the operands of each layer are those of its line. */
function mixedNetwork(pairs: readonly (readonly [a: string, b: string])[]): Network {
  const k = 24;
  const layers = pairs.flatMap(([a, b], i): Layer[] => {
    const input = i === 0 ? 'image' : `d${i - 1}`;
    if (a === 'float32') return [dense(`d${i}`, input, floatTensor([k, k], reals(draw, k * k)))];
    const q = { op: 'quantize' as const, name: `q${i}`, inputs: [input], outputs: [`q${i}`] };
    return [{ ...q, quantization: quantization(a, 1 / 32) }, dense(`d${i}`, `q${i}`, codes(draw, b, [k, k]))];
  });
  return network('mixed', [k], layers);
}

const image = floatTensor([3, 24], reals(draw, 72));
const outputOf = (net: Network, arithmetic: Parameters<typeof execute>[2]) =>
  dequantize(execute(net, image, arithmetic)).data;

describe('layers of several formats', () => {
  const pairs = [
    ['e4m3fn', 'e4m3fn'],
    ['e5m2', 'e4m3fn'],
    ['e5m2', 'e5m2'],
    ['int8', 'int8'],
    ['float32', 'float32'],
    ['e4m3fn', 'e4m3fn'],
  ] as const;
  const net = mixedNetwork(pairs);
  const target = loadTarget('fp8-fp32');
  const units = [target.datapath, ...target.others];
  const unitOf = (a: string, b: string) =>
    units.find((unit) => [unit.a.name, unit.b.name].sort().join() === [a, b].sort().join())?.name;

  it('run each on the unit for its own, in the order of the layers, and beside the array where there is none', () => {
    const seen: LayerSums[] = [];
    const golden = outputOf(
      net,
      goldenArithmetic(unitsOf(target), (sums) => seen.push(sums)),
    );
    const onArray = pairs.flatMap(([a, b], i) => (unitOf(a, b) === undefined ? [] : [[`d${i}`, unitOf(a, b)]]));
    expect(onArray.map(([layer]) => layer)).toEqual(['d0', 'd1', 'd2', 'd5']);
    expect(seen.map(({ job, unit }) => [job.layer, unit.name])).toEqual(onArray);
    // With exact sums on the array and beside it, the network is what it is anywhere.
    expect(golden).toEqual(outputOf(net, { ...float32Arithmetic, codes: exactArithmetic.codes }));
    const watched: string[] = [];
    const got = outputOf(net, targetArithmetic(unitsOf(target), { watch: ({ layer }) => watched.push(layer) }));
    expect(watched).toEqual(onArray.map(([layer]) => layer));
    expect(got).not.toEqual(golden);
    const data = {
      ...{ count: 3, batch: 1, place: String },
      inputs: (first: number, n: number) =>
        new Map([['image', floatTensor([n, 24], image.data.subarray(24 * first, 24 * (first + n)))]]),
    };
    const { layers, outputs, exactOutputs } = judgeAccuracy(net, target, data);
    expect(layers.map(({ layer, unit }) => [layer, unit])).toEqual(onArray);
    expect([outputs[0].data, exactOutputs[0].data]).toEqual([got, golden]);
  });

  it('gives sums that are known already without computing them', () => {
    const sums: Float64Array[] = [];
    const asked: unknown[] = [];
    const first = outputOf(net, targetArithmetic(unitsOf(target), { watch: (_, own) => sums.push(own) }));
    let next = 0;
    const company = {
      recall: () => sums[next++],
      watch: (_: MatmulJob, own: Float64Array) => asked.push(own),
    };
    expect(outputOf(net, targetArithmetic(unitsOf(target), company))).toEqual(first);
    expect(asked).toEqual(sums);
    expect(next).toBe(4);
  });
});

it('units are asked for by the formats of a product, in either order, and compiled once', () => {
  const target = loadTarget('fp16');
  const units = unitsOf(target);
  const grid = (name: string) => quantization(name, 1);
  const job: MatmulJob = { layer: 'l', m: 1, n: 1, k: 1 };
  for (const [a, b, has] of [
    ['fp16', 'fp16', true],
    ['binary', 'fp16', true],
    ['fp16', 'binary', true],
    ['fp16', 'ternary', true],
    ['int8', 'fp16', false],
    ['binary', 'binary', false],
  ] as const)
    for (let time = 0; time < 2; time++) {
      const own = { ...job, a: grid(a), b: grid(b) };
      expect([a, b, units.has(own)]).toEqual([a, b, has]);
      if (has) expect([units.gemmFor(own).datapath.a.name, units.gemmFor(own).datapath.b.name]).toEqual([a, b]);
      else expect(() => units.gemmFor(own)).toThrow(`layer l multiplies ${a} x ${b}, and target fp16 has units for`);
    }
  expect([units.has(job), units.has({ ...job, a: grid('fp16') }), units.has({ ...job, b: grid('fp16') })]).toEqual([
    false,
    false,
    false,
  ]);
});

it('products are wanted whole where each output draws bits of its own', () => {
  const target = loadTarget('fp8-fp16');
  const wholeWith = (rounding: Rounding) => {
    const { datapath } = target;
    const units = unitsOf({ ...target, datapath: { ...datapath, sum: { ...datapath.sum, rounding } } });
    const all = [targetArithmetic(units), goldenArithmetic(units, () => {}), arrayArithmetic(units)];
    return [wholeProducts(units), ...all.map(({ whole }) => whole)];
  };
  expect(wholeWith('rne')).toEqual([false, false, false, false]);
  expect(wholeWith(stochastic(8))).toEqual([false, false, false, false]);
  expect(wholeWith(stochastic(8, 1, true))).toEqual([true, true, true, true]);
});

it('golden vectors of a layer are one product a group, however many sums there are', () => {
  // 576 places of 1024 filters are more than go through a run at a time.
  const [side, filters] = [24, 1024];
  const weight = codes(draw, 'int8', [2 * filters, 1, 1, 1]);
  const q = { op: 'quantize' as const, name: 'q', inputs: ['image'], outputs: ['q'] };
  const layers = [{ ...q, quantization: quantization('int8', 1 / 64) }, conv('c', 'q', weight, { groups: 2 })];
  const net = network('wide', [2, side, side], layers);
  const { products, tensors } = goldenRun(
    net,
    loadTarget('int8'),
    floatTensor([1, 2, side, side], reals(draw, 2 * side * side)),
  );
  const product = products.get('c');
  const x = tensors.get('q')?.data as Uint8Array;
  expect([product?.a, product?.b]).toEqual([x, weight.data]);
  const sums = Int32Array.from(product?.sums as Uint32Array);
  expect(sums).toHaveLength(2 * side * side * filters);
  const signed = (code: number) => (code << 24) >> 24;
  const wrong = sums.findIndex((sum, i) => {
    const [group, place] = [Math.floor(i / (side * side * filters)), Math.floor(i / filters) % (side * side)];
    const [own, other] = [x[group * side * side + place], weight.data[group * filters + (i % filters)]];
    return sum !== signed(own) * signed(other);
  });
  expect(wrong).toBe(-1);
});
