import { describe, expect, it } from 'vitest';
import { datapath, sumFit } from '../../../src/datapaths/datapath.js';
import { compileGemm } from '../../../src/datapaths/kernel/index.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { exactArithmetic, wholeFloat32Arithmetic } from '../../../src/networks/arithmetic.js';
import { chainsOf } from '../../../src/networks/chains.js';
import type { Arithmetic, ConvLayer, Layer, Network } from '../../../src/networks/network.js';
import { codeTensor } from '../../../src/networks/quantization.js';
import { floatTensor, type Quantization, sizeOf } from '../../../src/networks/tensor.js';
import {
  called,
  drawn,
  expectSame,
  INT8,
  inputsOf,
  networkOf,
  quantized,
  quantizeStep,
  random,
  SHAPES,
  step,
  UINT8,
} from '../steps.js';

/** Steps behind a convolution, whose results never are in memory, give the bits of one layer after the other. */

describe('behind a convolution', () => {
  const int8 = formatNamed('int8');
  const { integers, windows } = compileGemm(datapath({ name: 'own', a: int8, b: int8, sum: sumFit('int32') }));
  let met = 0;
  const counted = <T>(sums: T | undefined): T | undefined => {
    if (sums !== undefined) met++;
    return sums;
  };
  const rows: Arithmetic = {
    ...exactArithmetic,
    integerRows: (a, b, { m, n, k }) => counted(integers?.rows({ m, n, k, a, b })),
  };
  const planes: Arithmetic = { ...exactArithmetic, integerPlanes: (job) => counted(windows?.planes(job)) };

  const conv = (parts: Pick<ConvLayer, 'weight' | 'result'> & Partial<ConvLayer>): ConvLayer => ({
    ...{ op: 'conv', name: 'c', inputs: ['x'], outputs: ['c'], groups: 1, dilation: [1, 1] },
    ...{ stride: [1, 1], pad: [1, 1, 1, 1], ...parts },
  });
  const tails: readonly (readonly Layer[])[] = [
    [],
    [step('relu', 'd', 'c')],
    [step('relu', 'd', 'c'), quantizeStep('e', 'd', INT8)],
    [quantizeStep('d', 'c', quantized('uint4', 2, 7))],
    [called('d', 'Clip', [0, undefined, floatTensor([], Float32Array.of(6))], 'c'), quantizeStep('e', 'd', UINT8)],
    [step('relu', 'd', 'c'), called('e', 'Tanh', [0], 'd'), quantizeStep('f', 'e', INT8)],
  ];
  const networks = (head: ConvLayer, shape: readonly number[], quantization?: Quantization): Network[] =>
    tails.map((tail) => {
      const before = quantization ? [quantizeStep('q', 'x', quantization), { ...head, inputs: ['q'] }] : [head];
      return networkOf([...before, ...tail], [tail.at(-1)?.name ?? 'c'], shape);
    });

  it.each([
    ['rows', rows, [5, 3, 3, 3]],
    ['rows', rows, [18, 3, 1, 1]],
    ['planes', planes, [20, 3, 3, 3]],
    ['planes', planes, [3, 3, 3, 3]],
    ['planes', planes, [6, 1, 3, 3]],
  ] as const)('of codes, by %s', (_, arithmetic, kernel) => {
    const shape = [2, 3, 9, 7];
    const data = Uint8Array.from({ length: sizeOf(kernel) }, () => random.below(256));
    const scale = Float32Array.from({ length: kernel[0] }, () => random.between(0.01, 0.1));
    const weight = codeTensor(kernel, data, { ...quantized('int8', 1), scale });
    for (const bias of [undefined, Float32Array.from({ length: kernel[0] }, () => random.normal() * 9)]) {
      const head = conv({ weight, result: { kind: 'dequantize' }, groups: 3 / kernel[1], ...(bias && { bias }) });
      met = 0;
      const all = networks(head, shape, INT8);
      for (const network of all) expectSame(network, inputsOf(shape), arithmetic);
      expect(met).toBeGreaterThanOrEqual(4 * all.length);
    }
  });

  it('of real numbers', () => {
    const shape = [2, 3, 9, 7];
    const weight = floatTensor([5, 3, 3, 3], drawn(135));
    for (const network of networks(conv({ weight, result: { kind: 'float' } }), shape))
      expectSame(network, inputsOf(shape), wholeFloat32Arithmetic);
  });

  it('thousands of steps', () => {
    const shape = [1, 3, 5, 4];
    const weight = floatTensor([3, 3, 1, 1], drawn(9));
    const clips = Array.from({ length: 9000 }, (_, i) =>
      called(`d${i}`, 'Clip', [0, floatTensor([], Float32Array.of(-9 - i)), undefined], i === 0 ? 'c' : `d${i - 1}`),
    );
    const network = networkOf([conv({ weight, result: { kind: 'float' } }), ...clips], ['d8999'], shape);
    expectSame(network, inputsOf(shape), wholeFloat32Arithmetic);
  });

  it('steps over what somebody else reads too wait for it', () => {
    const weight = floatTensor([3, 3, 1, 1], drawn(9));
    const layers = [conv({ weight, result: { kind: 'float' }, pad: [0, 0, 0, 0] }), step('relu', 'd', 'c')];
    const network = networkOf([...layers, step('add', 'e', 'c', 'd')], ['e'], SHAPES[1]);
    expect(chainsOf(network).map((chain) => chain.layers.map(({ name }) => name))).toEqual([['c'], ['d', 'e']]);
    expectSame(network, inputsOf(SHAPES[1]), wholeFloat32Arithmetic);
  });
});
