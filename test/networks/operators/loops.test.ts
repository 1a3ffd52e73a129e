import { expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { decode, fitTo } from '../../../src/formats/codec.js';
import { toNumber } from '../../../src/formats/raw.js';
import { positive } from '../../../src/networks/operators/relu.js';
import { codeTensor, dequantize, perTensor } from '../../../src/networks/quantization.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { randomFrom } from '../../../src/random/random.js';

it('a ReLU keeps what is not below zero, -0 and NaN too', () => {
  const landmarks = [0, -0, 1, -1, 1e-45, -1e-45, 3e38, -3e38, Infinity, -Infinity, Number.NaN];
  const negativeNan = new Float32Array(Uint32Array.of(0xffc00000, 0xff800001).buffer);
  const random = randomFrom(6);
  const x = Float32Array.from([...landmarks, ...negativeNan, ...Array.from({ length: 99 }, () => random.normal())]);
  const { data } = positive(floatTensor([x.length], x));
  expect(Array.from(data)).toEqual(Array.from(x, (value) => (value < 0 ? 0 : value)));
});

it.each(['int8', 'uint8', 'int4', 'e4m3fn', 'e5m2'])('many codes of %s are the reals that each is', (name) => {
  const format = formatNamed(name);
  const zero = format.kind === 'int' ? 3 : 0;
  const codes = Uint8Array.from({ length: 1000 }, (_, i) => i % (format.kind === 'int' ? 2 ** format.bits : 256));
  const scale = Math.fround(0.3);
  const { data } = dequantize(codeTensor([codes.length], codes, perTensor(fitTo(format), scale, zero)));
  const wanted = Array.from(codes, (code) => Math.fround(Math.fround(toNumber(decode(format, code)) - zero) * scale));
  expect(Array.from(data)).toEqual(wanted);
});
