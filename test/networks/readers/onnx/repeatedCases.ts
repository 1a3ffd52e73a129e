import { op, tensor } from './graphs.js';
import { model, quantized, type QuantizedCase } from './quantizedCases.js';
import { random } from './samples.js';

/** Type, scale and zero point. */
type Meaning = readonly [type: string, scale: number, zero: number];

const A: Meaning = ['INT8', 0.03, 5];
const ONCE = 'quantize dequantize Identity';
const TWICE = 'quantize dequantize quantize dequantize';

const CASES: readonly (readonly [name: string, meanings: readonly Meaning[], layers: string, more?: string])[] = [
  ['another scale', [A, ['INT8', 0.041, 5]], ONCE],
  ['another zero point', [A, ['INT8', 0.03, -7]], ONCE],
  ['both, of narrower ranges', [A, ['INT8', 0.011, -7]], ONCE],
  [
    'unsigned codes',
    [
      ['UINT8', 0.03, 100],
      ['UINT8', 0.041, 141],
    ],
    ONCE,
  ],
  [
    'codes of 16 bits',
    [
      ['INT16', 0.0003, 100],
      ['INT16', 0.0004, -141],
    ],
    ONCE,
  ],
  ['three times', [A, ['INT8', 0.041, -7], ['INT8', 0.02, 9]], ONCE],
  ['the same again', [A, A], ONCE],
  ['another type', [A, ['UINT8', 0.041, 130]], `${TWICE} Identity`],
  ['numbers between that are read', [A, ['INT8', 0.041, -7]], `${TWICE} add:ort`, 'c0/real'],
  [
    'codes in the end that are read',
    [A, ['INT8', 0.041, -7]],
    'quantize dequantize quantize lastbit.Integers:ort Cast:ort dequantize add:ort',
    'c1',
  ],
];

/** Codes that are dequantized and quantized again at once. */
export function repeatedCases(): QuantizedCase[] {
  return CASES.map(([name, meanings, layers, more]): QuantizedCase => {
    const draw = random(47);
    const shape = [20, 30];
    const inputs = [
      {
        name: 'x',
        type: 'FLOAT' as const,
        shape,
        data: Array.from({ length: 600 }, () => Math.fround(draw() * 10 - 5)),
      },
    ];
    const initializers = meanings.flatMap(([type, scale, zero], i) => [
      ...[tensor(`s${i}`, 'FLOAT', [], [scale]), tensor(`z${i}`, type, [], [zero])],
    ]);
    const pairs = meanings.flatMap((_, i) => quantized(i === 0 ? 'x' : `c${i - 1}/real`, `${i}`, `c${i}`));
    const last = `c${meanings.length - 1}/real`;
    const nodes = [
      ...pairs,
      ...(more === undefined ? [] : [op('Cast', more, 'read', { to: 1 })]),
      more === undefined ? op('Identity', last, 'out') : op('Sum', `${last} read`, 'out'),
    ];
    return {
      name: `codes again: ${name}`,
      layers,
      inputs,
      bytes: model({ nodes, initializers, inputs, output: 'out' }),
    };
  });
}
