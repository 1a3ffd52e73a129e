import { expect, it } from 'vitest';
import { datapath, sumFit } from '../../src/datapaths/datapath.js';
import { compileGemm } from '../../src/datapaths/kernel/index.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { exactArithmetic } from '../../src/networks/arithmetic.js';
import { executeAll } from '../../src/networks/execute.js';
import type { Arithmetic, Layer, Network } from '../../src/networks/network.js';
import { codeTensor } from '../../src/networks/quantization.js';
import { type CodeTensor, floatTensor, type Tensor } from '../../src/networks/tensor.js';
import { bits, called, drawn, expectSame, networkOf, quantized, quantizeStep, step } from './steps.js';

/** Arrays of a network may be written to between two runs: nothing that is kept of an earlier run may show then. */

const int8 = formatNamed('int8');
const { integers } = compileGemm(datapath({ name: 'own', a: int8, b: int8, sum: sumFit('int32') }));
const rows: Arithmetic = { ...exactArithmetic, integerRows: (a, b, { m, n, k }) => integers?.rows({ m, n, k, a, b }) };

const SHAPE = [400, 3];

/** Numbers by what they are. */
const PARTS = {
  input: () => quantized('int8', 0.05, 3),
  result: () => quantized('int8', 0.03, -5),
  factor: () => floatTensor([1], Float32Array.of(0.5)),
  bound: () => floatTensor([], Float32Array.of(-0.5)),
  weight: () => codeTensor([2, 3], Uint8Array.of(1, 2, 3, 250, 7, 9), quantized('int8', 0.01)),
  bias: () => Float32Array.of(0.1, 0.2),
};

function built() {
  const input = PARTS.input();
  const result = PARTS.result();
  const [factor, bound, weight, bias] = [PARTS.factor(), PARTS.bound(), PARTS.weight(), PARTS.bias()];
  const layers: readonly Layer[] = [
    quantizeStep('a', 'x', input),
    step('dequantize', 'b', 'a'),
    called('c', 'Mul', [0, factor], 'b'),
    quantizeStep('d', 'c', result),
    called('e', 'Clip', [0, bound, undefined], 'x'),
    quantizeStep('f', 'e', result),
    { ...{ op: 'dense', name: 'g', inputs: ['a'], outputs: ['g'] }, weight, bias, result: { kind: 'dequantize' } },
    step('relu', 'h', 'g'),
  ];
  const arrays: Record<string, Float32Array> = {
    ...{ "the input's scale": input.scale, "the result's scale": result.scale, 'a factor': factor.data },
    ...{ 'a bound': bound.data, "the weights' scale": weight.quantization.scale, 'a bias': bias },
  };
  return { network: networkOf(layers, ['d', 'f', 'h'], SHAPE), arrays };
}

const inputs: ReadonlyMap<string, Tensor> = new Map([['x', floatTensor(SHAPE, drawn(1200))]]);
const outcome = (network: Network) =>
  [...executeAll(network, inputs, rows)].map(([name, found]) => [name, bits(found)]);

it.each(Object.keys(built().arrays))('%s', (which) => {
  const { network, arrays } = built();
  expectSame(network, inputs, rows);
  const before = outcome(network);
  arrays[which][0] *= 1.75;
  const fresh = built();
  fresh.arrays[which][0] *= 1.75;
  const wanted = outcome(fresh.network);
  expect(wanted).not.toEqual(before);
  expect(outcome(network)).toEqual(wanted);
  expectSame(network, inputs, rows);
});

it('the scale of codes that the network is given', () => {
  const quantization = quantized('int8', 0.05, 3);
  const layers = [step('dequantize', 'b', 'x'), called('c', 'Exp', [0], 'b')];
  const network = networkOf(layers, ['c'], SHAPE);
  const codes: CodeTensor = codeTensor(
    SHAPE,
    Uint8Array.from({ length: 1200 }, (_, i) => i % 256),
    quantization,
  );
  expectSame(network, new Map([['x', codes]]), exactArithmetic);
  quantization.scale[0] = 0.25;
  expectSame(network, new Map([['x', codes]]), exactArithmetic);
});
