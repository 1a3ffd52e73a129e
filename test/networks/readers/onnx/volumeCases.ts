import type { ProtoInit } from '../../../../src/networks/readers/onnx/proto.js';
import { op, tensor } from './graphs.js';
import { type Meaning, meaning, model, quantized, type QuantizedCase } from './quantizedCases.js';
import { random } from './samples.js';

type Nodes = ProtoInit<'NodeProto'>[];
type Stored = ProtoInit<'TensorProto'>[];

const [OF_X, OF_Y]: readonly Meaning[] = [
  [0.021, 100],
  [0.0317, 30],
];
const SCALES = Float32Array.from([0.005, 0.004, 0.006, 0.003]);
const SUMS = SCALES.map((scale) => Math.fround(Math.fround(OF_X[0]) * scale));

const WINDOWS = [
  { pads: [1, 0, 1, 0, 1, 2], strides: [1, 2, 1] },
  { auto_pad: 'SAME_UPPER', strides: [1, 2, 3] },
  { group: 2, pads: [0, 1, 0, 1, 0, 0], dilations: [2, 1, 3] },
] as const;

/** Convolutions of codes over volumes, [1, 4, 4, 5, 6] by kernels of 2 x 3 x 2, in every form that a file has them in. */
export function volumeCases(): QuantizedCase[] {
  return (['UINT8', 'INT8'] as const).flatMap((type) =>
    WINDOWS.flatMap(({ ...window }, i) => {
      const groups = 'group' in window ? window.group : 1;
      const weights = [4, 4 / groups, 2, 3, 2];
      const draw = random(61 + i);
      const whole = (count: number, from: number, to: number) =>
        Array.from({ length: count }, () => from + Math.floor(draw() * (to - from + 1)));
      const initializers: Stored = [
        ...[...meaning('a', type, OF_X), ...meaning('c', type, OF_Y)],
        tensor('w', 'INT8', weights, whole((4 * 4 * 12) / groups, -127, 127)),
        tensor('sw', 'FLOAT', [4], SCALES),
        tensor('zw', 'INT8', [4], new Float64Array(4)),
        tensor('b', 'INT32', [4], whole(4, -900, 900)),
        tensor('sb', 'FLOAT', [4], SUMS),
        tensor(
          'br',
          'FLOAT',
          [4],
          whole(4, -100, 100).map((value) => value / 512),
        ),
        tensor('zu', 'UINT8', [], [9]),
        tensor('wt', 'INT8', [4, 2, 2, 3, 2], whole(96, -127, 127)),
        ...meaning('t', 'INT8', [0.005, 128]),
      ];
      const shape = [1, 4, 4, 5, 6];
      const data = Array.from({ length: 480 }, () => Math.fround((draw() - 0.5) * 5));
      const inputs = [{ name: 'x', type: 'FLOAT' as const, shape, data }];
      const [first, real] = quantized('x', 'a', 'p');
      const weight = op('DequantizeLinear', 'w sw zw', 'wd', { axis: 0 });
      const last = op('DequantizeLinear', 'r sc zc', 'out');
      const between = (bias: string, ...after: string[]): Nodes => [
        ...[first, real, weight],
        ...(bias === 'bd' ? [op('DequantizeLinear', 'b sb', 'bd', { axis: 0 })] : []),
        op('Conv', `p/real wd ${bias}`.trim(), 't', window),
        ...after.map((name) => op(name, 't', 'u')),
        ...[op('QuantizeLinear', `${after.length === 0 ? 't' : 'u'} sc zc`, 'r'), last],
      ];
      const { group: _, ...turned } = { group: 1, ...window };
      const forms: [string, string, Nodes][] = [
        ['Conv, bias none', 'quantize Conv:ort dequantize', between('')],
        ['Conv, bias int32', 'quantize Conv:ort dequantize', between('bd')],
        ['Conv, bias real', 'quantize Conv:ort dequantize', between('br')],
        ['Conv, bias int32, Relu', 'quantize Conv:ort relu:ort quantize dequantize', between('bd', 'Relu')],
        [
          'QLinearConv',
          'quantize Conv:ort-node dequantize',
          [first, op('QLinearConv', 'p sa za w sw zw sc zc', 'r', window), last],
        ],
        [
          'QLinearConv with a bias',
          'quantize Conv:ort-node dequantize',
          [first, op('QLinearConv', 'p sa za w sw zw sc zc b', 'r', window), last],
        ],
        [
          'ConvInteger',
          'DynamicQuantizeLinear:ort ConvInteger:ort Cast:ort',
          [
            { ...op('DynamicQuantizeLinear', 'x', 'q'), output: ['q', 'sq', 'zq'] },
            op('ConvInteger', 'q w zq', 'sums', window),
            op('Cast', 'sums', 'out', { to: 1 }),
          ],
        ],
        [
          'ConvTranspose',
          'quantize ConvTranspose:ort quantize dequantize',
          [
            ...[first, real, op('DequantizeLinear', 'wt st zt', 'wtd')],
            op('ConvTranspose', 'p/real wtd', 't', 'auto_pad' in turned ? {} : turned),
            ...[op('QuantizeLinear', 't sc zc', 'r'), last],
          ],
        ],
      ];
      return forms.map(([form, layers, nodes]): QuantizedCase => {
        const read = new Set(nodes.flatMap(({ input = [] }) => input));
        const stored = initializers.filter(({ name = '' }) => read.has(name));
        return {
          ...{ name: `${type} ${form} over volumes, window ${i}`, inputs, layers },
          bytes: model({ nodes, initializers: stored, inputs, output: 'out' }),
        };
      });
    }),
  );
}
