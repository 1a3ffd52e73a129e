import { describe, expect, it } from 'vitest';
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
    expect(call({}, [3, 8])).toThrow(`has the zero point 3: only 0 is supported in ${type}`);
    expect(call({ roundingMode: 'FLOOR' }, [0, 8])).toThrow('rounds by FLOOR: only ROUND (half to even) is supported');
    for (const bits of [0, 1, 65]) expect(call({}, [0, bits])).toThrow(`asks for ${bits} bits: there are 2 to 64 bits`);
    for (const [signed, bits] of [
      [0, 2],
      [1, 3],
      [1, 8],
    ] as const)
      expect(call({ signed, narrow: 1 }, [0, bits])).toThrow(`asks for ${bits} bits, narrow: `);
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
