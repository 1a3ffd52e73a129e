import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { orderOf } from '../../src/arrays/dataflow.js';
import { sumValues, outputFormatOf } from '../../src/datapaths/kernel/index.js';
import { exactSum } from '../../src/datapaths/exact.js';
import { reduce } from '../../src/datapaths/reference.js';
import { decode } from '../../src/formats/codec.js';
import { toNumber } from '../../src/formats/raw.js';
import { exactArithmetic, float32Arithmetic } from '../../src/networks/arithmetic.js';
import { execute, executeAll } from '../../src/networks/execute.js';
import type { Arithmetic, MatmulJob, Network } from '../../src/networks/network.js';
import { dequantize } from '../../src/networks/quantization.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { floatTensor } from '../../src/networks/tensor.js';
import { judgeAccuracy } from '../../src/simulate/accuracy.js';
import { ErrorMeter } from '../../src/simulate/errors.js';
import { goldenRun, productNamed } from '../../src/simulate/golden.js';
import { runLayer } from '../../src/simulate/layer.js';
import { outcomeOf, run, runFloat } from '../../src/simulate/run.js';
import { ofDataset } from '../../src/simulate/runData.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { type Target, unitFor } from '../../src/targets/target.js';
import { classesOf, type Dataset, imagesOf } from '../../src/training/data/dataset.js';
import { digits } from '../../src/training/data/digits.js';
import { codes, conv, dense, network, quantization, random } from '../networks/readers/onnx/samples.js';

vi.mock('../../src/networks/execute.js', async (original) => {
  const actual = await original<typeof import('../../src/networks/execute.js')>();
  return { ...actual, executeAll: vi.fn(actual.executeAll) };
});

/** Two products of codes, the first in groups, on images of 4 x 4. */
function tiny(format: string): Network {
  const draw = random(7);
  const unit = format === 'int8' ? 1 / 64 : 1 / 4;
  const quantized = (name: string, input: string, scale: number) => {
    return {
      op: 'quantize' as const,
      name,
      inputs: [input],
      outputs: [name],
      quantization: quantization(format, scale),
    };
  };
  return network(
    'tiny',
    [1, 4, 4],
    [
      quantized('q0', 'image', unit),
      conv('c0', 'q0', codes(draw, format, [4, 1, 3, 3])),
      quantized('q1', 'c0', 4 * unit),
      conv('c1', 'q1', codes(draw, format, [4, 2, 2, 2]), { groups: 2 }),
      { op: 'flatten', name: 'flat', inputs: ['c1'], outputs: ['flat'] },
      quantized('q2', 'flat', 16 * unit),
      dense('d', 'q2', codes(draw, format, [3, 4])),
    ],
  );
}

function pictures(count: number): Dataset {
  const draw = random(11);
  const images = Float32Array.from({ length: count * 16 }, () => 2 * draw() - 1);
  return { images, labels: Uint8Array.from({ length: count }, (_, i) => i % 3), count, shape: [1, 4, 4] };
}

interface Product {
  job: MatmulJob;
  exact: number[];
  got: number[];
  swamped: number;
  overflowed: number;
  magnitudes: number[];
}

function unitOf(target: Target, { layer, a, b }: MatmulJob) {
  if (a === undefined || b === undefined) throw new Error(`${layer} multiplies codes`);
  return unitFor(target, layer, a.fit.format, b.fit.format);
}

/** Every sum of a product by the definition of the unit, beside the exact one. */
function byReference(target: Target, job: MatmulJob, a: ArrayLike<number>, b: ArrayLike<number>): Product {
  const unit = unitOf(target, job);
  const order = orderOf(target.array, unit);
  const format = outputFormatOf(unit, order);
  const { m, n, k } = job;
  const product: Product = { job, exact: [], got: [], swamped: 0, overflowed: 0, magnitudes: [] };
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const operands = {
        a: Array.from({ length: k }, (_, p) => a[i * k + p]),
        b: Array.from({ length: k }, (_, p) => b[p * n + j]),
      };
      const { code, swamped, overflowed } = reduce(unit, operands, order);
      product.got.push(toNumber(decode(format, code)));
      product.exact.push(toNumber(exactSum(unit, operands)));
      product.swamped += swamped;
      product.overflowed += overflowed;
      const valueOf = (x: number, f: typeof unit.a) => toNumber(decode(f, x));
      const sizes = operands.a.map((x, p) => Math.abs(valueOf(x, unit.a) * valueOf(operands.b[p], unit.b)));
      product.magnitudes.push(sizes.reduce((sum, size) => sum + size, 0));
    }
  return product;
}

/** A network through the definition: with exact sums going on, and with the unit's own. */
function both(net: Network, target: Target, data: Dataset) {
  const pass = (goesOn: 'exact' | 'got') => {
    const products: Product[] = [];
    const arithmetic: Arithmetic = {
      ...exactArithmetic,
      codes(a, b, job) {
        products.push(byReference(target, job, a, b));
        return Float64Array.from(products[products.length - 1][goesOn]);
      },
    };
    const outputs = Array.from({ length: data.count }, (_, i) =>
      dequantize(execute(net, imagesOf(data, i, 1), arithmetic)),
    );
    return { products, outputs };
  };
  return { golden: pass('exact'), entire: pass('got') };
}

describe.each([
  ['int8', 'int8', 3],
  ['fp8-fp16', 'e4m3fn', 5],
  ['fp8-fp32', 'e4m3fn', 2],
])('a network on %s', (name, format, count) => {
  const target = loadTarget(name);
  const net = tiny(format);
  const data = pictures(count);
  const { golden, entire } = both(net, target, data);
  const done: number[] = [];
  const before = vi.mocked(executeAll).mock.calls.length;
  const found = judgeAccuracy(net, target, ofDataset(net, data), (images) => done.push(images));
  const passes = vi.mocked(executeAll).mock.calls.length - before;

  it('gives the outputs that its units give by their definition, and those of exact sums', () => {
    const flat = (outputs: readonly { data: Float32Array }[]) => outputs.flatMap((each) => Array.from(each.data));
    expect(found.outputs).toHaveLength(1);
    expect(flat(found.outputs)).toEqual(flat(entire.outputs));
    expect(flat(found.exactOutputs)).toEqual(flat(golden.outputs));
    const right = entire.outputs.filter((output, i) => classesOf(output)[0] === data.labels[i]).length;
    expect(found.images).toBe(count);
    expect(run(net, target, data).accuracy).toBe(right / count);
    expect(done.at(-1)).toBe(count);
    // A second pass where some sum is not exact, none where every layer's input is what it was.
    expect(passes).toBe(name === 'fp8-fp16' ? 2 : 1);
  });

  it('says of each layer how its sums fare on exact input and on what came before, and what a register must hold', () => {
    expect(found.layers.map(({ layer }) => layer)).toEqual(['c0', 'c1', 'd']);
    // Both kinds are seen: integers are exact, and so are these in fp32; fp16 sums are not.
    expect(found.layers.some(({ single }) => single.wrong > 0)).toBe(name === 'fp8-fp16');
    for (const layer of found.layers) {
      const own = golden.products.filter(({ job }) => job.layer === layer.layer);
      const other = entire.products.filter(({ job }) => job.layer === layer.layer);
      const unit = unitOf(target, own[0].job);
      expect(layer.unit).toBe(unit.name);
      const sumFormat = outputFormatOf(unit, orderOf(target.array, unit));
      const total = (of: (product: Product) => number) => own.reduce((sum, product) => sum + of(product), 0);
      expect([layer.swamped, layer.overflowed]).toEqual([total((p) => p.swamped), total((p) => p.overflowed)]);
      for (const [report, products] of [
        [layer.single, own],
        [layer.entire, other],
      ] as const) {
        // Against the exact sums of golden input, in either case.
        const exact = own.flatMap((product) => product.exact);
        const got = products.flatMap((product) => product.got);
        const wrong = exact.filter((value, i) => value !== got[i]).length;
        const meter = new ErrorMeter(sumFormat);
        meter.add(Float64Array.from(exact), Float64Array.from(got), 1);
        const whole = meter.report();
        expect([report.sums, report.wrong, report.maxUlp]).toEqual([exact.length, wrong, whole.maxUlp]);
        expect([report.notFinite, report.largest]).toEqual([whole.notFinite, whole.largest]);
        if (wrong > 0) expect(report.sqnrDb).toBeCloseTo(whole.sqnrDb, 9);
        else expect(report.sqnrDb).toBe(Infinity);
        expect(report.meanUlp).toBeCloseTo(whole.meanUlp, 12);
        expect(report.biasUlp).toBeCloseTo(whole.biasUlp, 12);
      }
      const most = Math.max(...own.flatMap((product) => product.magnitudes));
      // The binade of the largest sum of magnitudes.
      const exponent = Math.floor(Math.log2(most));
      const wanted = sumFormat.kind === 'int' ? { bits: exponent + 2 - sumFormat.exponent } : { exponent };
      expect(layer.sufficient).toEqual(wanted);
      if (layer.single.wrong === 0) expect(layer.worst).toBeUndefined();
      else expect(layer.worst).toMatchObject({ ulp: layer.single.worst?.ulp, exact: layer.single.worst?.exact });
    }
  });

  it('is a run with its cost and its comparisons', () => {
    const outputs = found.outputs.map((rows) => ({ ...rows, data: rows.data.map((y) => y + 0.5) }));
    const float = { outputs, accuracy: 0.25 };
    const result = run(net, target, data, float);
    expect([result.network, result.target, result.datapath]).toEqual(['tiny', target.name, target.datapath.name]);
    expect(result.layers.map(({ layer, single }) => [layer, single])).toEqual(
      found.layers.map(({ layer, single }) => [layer, single]),
    );
    const images = ofDataset(net, data);
    expect(result).toMatchObject(outcomeOf(net, found, images, float));
    const power = (values: Float32Array) => values.reduce((sum, y) => sum + y * y, 0);
    const noise = 0.25 * found.outputs[0].data.length;
    expect(result.sqnrFloatDb).toBeCloseTo(10 * Math.log10(power(outputs[0].data) / noise), 5);
    expect(result.floatAccuracy).toBe(0.25);
    expect(outcomeOf(net, found, images)).not.toHaveProperty('sqnrFloatDb');
  });

  it('gives golden vectors of one image, group by group, that the clocked array gives too', () => {
    const golden1 = goldenRun(net, target, imagesOf(data, 0, 1));
    const wanted = entire.products.slice(0, 4);
    for (const [layer, groups] of [
      ['c0', [wanted[0]]],
      ['c1', [wanted[1], wanted[2]]],
      ['d', [wanted[3]]],
    ] as const) {
      const product = productNamed(golden1, net, layer);
      expect(Array.from(sumValues(product.sumFormat, product.sums))).toEqual(groups.flatMap(({ got }) => got));
      const clocked = runLayer(target, product);
      expect(Array.from(clocked.sums, Number)).toEqual(Array.from(product.sums, Number));
      for (const at of [0, 1, product.sums.length - 1]) {
        const wrong = product.sums.slice();
        wrong[at] = (Number(wrong[at]) ^ 1) as never;
        expect(() => runLayer(target, { ...product, sums: wrong })).toThrow(
          `layer ${layer}, sum ${at}: the clocked array gives`,
        );
      }
    }
    expect([...golden1.tensors.keys()]).toEqual(['image', 'q0', 'c0', 'q1', 'c1', 'flat', 'q2', 'd']);
    expect(() => productNamed(golden1, net, 'flat')).toThrow(
      'has no layer flat that runs on the array; there are c0, c1, d',
    );
  });
});

it('a float run is the network in float32, over batches of any number of images', () => {
  const weight = floatTensor(
    [3, 16],
    Float32Array.from({ length: 48 }, (_, i) => Math.sin(i)),
  );
  const flat = { op: 'flatten' as const, name: 'flat', inputs: ['image'], outputs: ['flat'] };
  const net = network('float', [1, 4, 4], [flat, dense('d', 'flat', weight)]);
  for (const count of [1, 99, 100, 101, 205]) {
    const data = pictures(count);
    const whole = dequantize(execute(net, imagesOf(data), float32Arithmetic));
    const right = Array.from(classesOf(whole)).filter((found, i) => found === data.labels[i]).length;
    const outputs = [{ name: 'd', rows: count, width: 3, data: whole.data }];
    expect(runFloat(net, data)).toEqual({ outputs, accuracy: right / count });
  }
});

it('images go through together by fours, as many as have 131,072 sums in the largest layer', () => {
  const path = join(import.meta.dirname, '..', '..', 'models', 'digits-int8.onnx');
  const done: number[] = [];
  const net = readOnnx(readFileSync(path), path);
  const found = judgeAccuracy(net, loadTarget('int8'), ofDataset(net, digits(20)), (n) => done.push(n));
  // 784 pixels of 16 filters: ten images would fit.
  expect(done).toEqual([8, 16, 20]);
  expect(found.layers.map(({ single }) => single.sums)).toEqual([20 * 12_544, 20 * 1600, 20 * 120, 20 * 10]);
});

it('so many images go together that the sums of the largest layer are 2^17 at most, four at a time where they can', () => {
  const quantized = (name: string, input: string) =>
    ({ op: 'quantize', name, inputs: [input], outputs: [name], quantization: quantization('int8', 1 / 64) }) as const;
  const flat = { op: 'flatten', name: 'y', inputs: ['c'], outputs: ['y'] } as const;
  /** 28 x 28 sums of a filter. */
  const wide = (filters: number) =>
    network(
      'wide',
      [1, 28, 28],
      [quantized('q', 'image'), conv('c', 'q', codes(random(3), 'int8', [filters, 1, 1, 1])), flat],
    );
  // Groups have sums of their own; of two layers the larger one counts.
  const grouped = network(
    'grouped',
    [1, 28, 28],
    [
      ...[quantized('q', 'image'), conv('b', 'q', codes(random(3), 'int8', [40, 1, 1, 1])), quantized('q1', 'b')],
      ...[conv('c', 'q1', codes(random(4), 'int8', [80, 1, 1, 1]), { groups: 40 }), flat],
    ],
  );
  for (const [net, together] of [
    ...[[wide(16), 8] as const, [wide(20), 8] as const, [wide(24), 4] as const, [wide(40), 4] as const],
    ...[[wide(42), 3] as const, [wide(80), 2] as const, [wide(170), 1] as const, [grouped, 2] as const],
  ]) {
    const done: number[] = [];
    judgeAccuracy(net, loadTarget('int8'), ofDataset(net, digits(9)), (images) => done.push(images));
    expect(done).toEqual(Array.from({ length: Math.ceil(9 / together) }, (_, i) => Math.min(9, (i + 1) * together)));
  }
});
