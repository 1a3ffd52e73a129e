import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../../../src/networks/arithmetic.js';
import { execute } from '../../../../src/networks/execute.js';
import { dequantize } from '../../../../src/networks/quantization.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { floatTensor } from '../../../../src/networks/tensor.js';
import { bytesOf, op, tensor } from './graphs.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { fitTo } from '../../../../src/formats/codec.js';
import { fitOfCall, isQuantizer } from '../../../../src/networks/readers/onnx/functions.js';

/** QONNX (qonnx.custom_op.general): `Quant` has been called `IntQuant` since 1.0, and means the same. */
const DOMAINS = ['qonnx.custom_op.general', 'onnx.brevitas', 'finn.custom_op.general'];
const usual = { signed: 1, narrow: 0, roundingMode: 'ROUND' };

describe.each(DOMAINS)('quantizers of %s', (domain) => {
  it.each(['Quant', 'IntQuant'])('%s of every width and sign is that integer, saturated', (type) => {
    expect(isQuantizer(domain, type)).toBe(true);
    for (const signed of [0, 1])
      for (let bits = 2; bits <= 64; bits++) {
        const format = formatNamed(`${signed === 1 ? '' : 'u'}int${bits}`);
        for (const roundingMode of ['ROUND', 'HALF_EVEN', 'round'])
          expect(fitOfCall(domain, type, { signed, narrow: 0, roundingMode }, [0, bits])).toEqual(
            fitTo(format, { overflow: 'saturate' }),
          );
      }
    const ternary = fitTo(formatNamed('ternary'), { overflow: 'saturate' });
    expect(fitOfCall(domain, type, { ...usual, narrow: 1 }, [0, 2])).toEqual(ternary);
  });

  it.each(['Quant', 'IntQuant'])('%s refuses what it is not', (type) => {
    const call = (more: Partial<typeof usual>, scalars: number[]) => () =>
      fitOfCall(domain, type, { ...usual, ...more }, scalars);
    expect(call({ roundingMode: 'HALF_UP' }, [0, 8])).toThrow(
      'rounds by HALF_UP: ROUND HALF_EVEN CEIL FLOOR ROUND_TO_ZERO are supported (ROUND is half to even)',
    );
    expect(call({}, [3, 8])).toThrow('has the zero point 3: an even one is supported with ROUND');
    for (const bits of [0, 1, 65]) expect(call({}, [0, bits])).toThrow(`asks for ${bits} bits: there are 2 to 64`);
  });

  it('BipolarQuant is one bit; other names are no quantizers', () => {
    expect(fitOfCall(domain, 'BipolarQuant', usual, [])).toEqual(
      fitTo(formatNamed('binary'), { overflow: 'saturate' }),
    );
    for (const type of ['Trunc', 'FloatQuant', 'Quantize_int8']) {
      expect(isQuantizer(domain, type)).toBe(false);
      expect(fitOfCall(domain, type, usual, [0, 8])).toBe(undefined);
    }
  });
});

it('in other domains these names mean nothing', () => {
  for (const domain of ['', 'ai.onnx', 'qonnx'])
    for (const type of ['Quant', 'IntQuant', 'BipolarQuant']) {
      expect(isQuantizer(domain, type)).toBe(false);
      expect(fitOfCall(domain, type, usual, [0, 8])).toBe(undefined);
    }
});

/** y = (round(clamp(x / scale + zero)) - zero) scale, as QONNX defines it; scales are powers of two, so that all is exact. */
const ROUNDS: Readonly<Record<string, (x: number) => number>> = {
  ...{ CEIL: Math.ceil, FLOOR: Math.floor, ROUND_TO_ZERO: Math.trunc },
  ROUND: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
};

describe.each([
  { bits: 8, signed: 1, narrow: 1, zero: 0, mode: 'ROUND' },
  { bits: 4, signed: 1, narrow: 1, zero: 0, mode: 'ROUND' },
  { bits: 3, signed: 0, narrow: 1, zero: 0, mode: 'ROUND' },
  { bits: 4, signed: 0, narrow: 0, zero: 6, mode: 'ROUND' },
  { bits: 4, signed: 1, narrow: 1, zero: -3, mode: 'FLOOR' },
  { bits: 5, signed: 1, narrow: 0, zero: 0, mode: 'CEIL' },
  { bits: 6, signed: 1, narrow: 1, zero: 0, mode: 'ROUND_TO_ZERO' },
])(
  'Quant of $bits bits, signed $signed, narrow $narrow, zero $zero, by $mode',
  ({ bits, signed, narrow, zero, mode }) => {
    const scale = 0.25;
    const values = Float32Array.from({ length: 640 }, (_, i) => (i - 320) / 8);
    const [low, high] = signed === 1 ? [narrow - 2 ** (bits - 1), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1 - narrow];
    const expected = values.map((x) => {
      const clamped = Math.min(Math.max(x / scale + zero, low), high);
      return (ROUNDS[mode](clamped) - zero) * scale;
    });
    const constants = [
      ['s', scale],
      ['z', zero],
      ['b', bits],
    ].map(([name, value]) => tensor(String(name), 'FLOAT', [], [Number(value)]));
    const quant = (x: string, y: string) =>
      op('Quant', `${x} s z b`, y, { signed, narrow, rounding_mode: mode }, 'onnx.brevitas');
    const run = (nodes: ReturnType<typeof op>[], initializers: ReturnType<typeof tensor>[], x: Float32Array) => {
      const network = readOnnx(bytesOf({ nodes, initializers, input: [1, x.length] }), 'net.onnx');
      return execute(network, floatTensor([1, x.length], x), exactArithmetic);
    };

    it('of activations', () => {
      expect(dequantize(run([quant('x', 'y')], constants, values)).data).toEqual(expected.map((y) => y + 0));
    });

    it('of weights', () => {
      const weights = tensor('w', 'FLOAT', [1, values.length], values);
      const y = run([quant('w', 'q'), op('MatMul', 'x q', 'y')], [...constants, weights], Float32Array.of(1));
      expect(dequantize(y).data).toEqual(expected.map((each) => each + 0));
    });
  },
);
