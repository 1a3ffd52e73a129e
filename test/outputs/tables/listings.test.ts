import { expect, it } from 'vitest';
import { FORMATS } from '../../../src/formats/catalog.js';
import { decode } from '../../../src/formats/codec.js';
import { widthOf } from '../../../src/formats/format.js';
import { toNumber } from '../../../src/formats/raw.js';
import { LISTINGS } from '../../../src/outputs/tables/listings.js';
import { METHODS } from '../../../src/recipes/catalog.js';

const rowsOf = async (what: keyof typeof LISTINGS) => (await LISTINGS[what].load(async () => [])).json();

it('of every format a list says how large its numbers become: the largest of all its codes', async () => {
  const rows = new Map((await rowsOf('formats')).map((row) => [row.name, row]));
  expect([...rows.keys()]).toEqual(FORMATS.map(({ name }) => name));
  for (const format of FORMATS) {
    const bits = widthOf(format);
    const { largest, signed } = rows.get(format.name) ?? {};
    expect(signed, format.name).toBe(format.kind === 'table' ? undefined : format.signed);
    if (format.kind === 'int') expect(largest).toBe(2n ** BigInt(bits - Number(format.signed)) - 1n);
    else if (bits <= 16) {
      const values = Array.from({ length: 2 ** bits }, (_, code) => toNumber(decode(format, BigInt(code))));
      expect(largest, format.name).toBe(Math.max(...values.filter(Number.isFinite)));
    }
  }
  expect(rows.get('fp32')?.largest).toBe((2 - 2 ** -23) * 2 ** 127);
  expect(rows.get('fp64')?.largest).toBe(Number.MAX_VALUE);
});

it('of every method a list says which command takes it, and the formats of the layers within', async () => {
  const rows = await rowsOf('recipes');
  expect(rows.map(({ name }) => name)).toEqual(METHODS.map(({ name }) => name));
  METHODS.forEach((method, i) => {
    const { command, betweenLayers, activations, weights } = rows[i];
    expect([command, betweenLayers]).toEqual([
      method.kind === 'training' ? 'train' : 'quantize',
      method.result === 'requantize' ? 'codes' : 'real',
    ]);
    // A layer that is neither the first nor the last of many.
    const within = method.kind === 'training' ? undefined : method.operands({ index: 4, count: 9 });
    expect([activations, weights]).toEqual([within?.input.fit.format.name, within?.weight.fit.format.name]);
  });
});

it('a list counts what it holds, and shows a row of each', async () => {
  for (const what of Object.keys(LISTINGS) as (keyof typeof LISTINGS)[]) {
    const listed = await LISTINGS[what].load(async () => []);
    expect(listed.json(), what).toHaveLength(listed.count);
    if (what === 'networks') expect(listed.count).toBe(0);
    else expect(listed.table(1000).split('\n')).toHaveLength(listed.count + 2);
  }
});
