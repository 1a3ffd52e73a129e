import { op, tensor } from './graphs.js';
import { type Meaning, meaning, model, quantized, type QuantizedCase } from './quantizedCases.js';
import { random } from './samples.js';

/** What a product between codes reads that the file stores as real numbers. */
interface RealOperands {
  weights?: true;
  bias: 'vector' | 'row' | 'none';
  /** A Relu that cuts keeps the product a node by itself. */
  after?: 'Relu' | 'Tanh';
}

const CASES: readonly (readonly [kind: string, operands: RealOperands, layers: string])[] = [
  ['Conv', { bias: 'vector', after: 'Relu' }, 'quantize conv:ort relu:ort quantize dequantize'],
  ['Conv', { weights: true, bias: 'vector' }, 'quantize conv:ort dequantize'],
  ['Conv', { weights: true, bias: 'none' }, 'quantize conv:ort dequantize'],
  ['Conv', { weights: true, bias: 'vector', after: 'Relu' }, 'quantize conv:ort relu:ort quantize dequantize'],
  [
    'Conv',
    { weights: true, bias: 'vector', after: 'Tanh' },
    'quantize dequantize conv:ort Tanh:ort quantize dequantize',
  ],
  ['Gemm', { weights: true, bias: 'vector' }, 'quantize dense:ort dequantize'],
  ['Gemm', { weights: true, bias: 'row' }, 'quantize dequantize dense:ort quantize dequantize'],
  ['Gemm', { bias: 'row' }, 'quantize dense:ort quantize dequantize'],
  ['ConvTranspose', { bias: 'vector' }, 'quantize ConvTranspose:ort quantize dequantize'],
  ['ConvTranspose', { weights: true, bias: 'vector' }, 'quantize ConvTranspose:ort quantize dequantize'],
];

/**
 * Stored real weights and biases of products between codes: integers where only a QuantizeLinear reads the result, by way of
 * Relu, and the bias is a vector or none.
 */
export function realOperandCases(): QuantizedCase[] {
  return CASES.map(([kind, { weights, bias, after }, layers]): QuantizedCase => {
    const draw = random(91);
    const shape = kind === 'Gemm' ? [300, 3] : [1, 3, 17, 18];
    const weight = kind === 'Gemm' ? [3, 4] : kind === 'Conv' ? [4, 3, 1, 1] : [3, 4, 1, 1];
    const some = (count: number) => Array.from({ length: count }, () => Math.fround((draw() - 0.45) * 4));
    const [a, c]: readonly Meaning[] = [
      [0.02, 120],
      [0.0123, 97],
    ];
    const inputs = [{ name: 'x', type: 'FLOAT' as const, shape, data: some(shape.reduce((x, y) => x * y, 1)) }];
    const reals = some(12);
    const initializers = [
      ...[...meaning('a', 'UINT8', a), ...meaning('c', 'UINT8', c), ...meaning('w', 'INT8', [0.01, 128])],
      tensor('wr', 'FLOAT', weight, reals),
      tensor(
        'w',
        'INT8',
        weight,
        reals.map((value) => Math.round(value * 40)),
      ),
      tensor('b', 'FLOAT', bias === 'row' ? [1, 4] : [4], some(4)),
    ];
    const nodes = [
      ...[...quantized('x', 'a', 'p'), op('DequantizeLinear', 'w sw zw', 'wd')],
      op(kind, `p/real ${weights ? 'wr' : 'wd'}${bias === 'none' ? '' : ' b'}`, 't'),
      ...(after === undefined ? [] : [op(after, 't', 'u')]),
      ...[
        op('QuantizeLinear', `${after === undefined ? 't' : 'u'} sc zc`, 'r'),
        op('DequantizeLinear', 'r sc zc', 'out'),
      ],
    ];
    const name = `${kind} of real ${weights ? 'weights, ' : ''}bias ${bias}${after === undefined ? '' : `, ${after}`}`;
    return { name, layers, inputs, bytes: model({ nodes, initializers, inputs, output: 'out' }) };
  });
}
