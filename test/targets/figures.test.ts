import { expect, it } from 'vitest';
import type { EnergyTable } from '../../src/energy/table.js';
import { TARGETS } from '../../src/targets/catalog.js';
import { parseTarget } from '../../src/targets/schema.js';

type Entry = EnergyTable['entries'][number];

/** M. Horowitz, ISSCC 2014, figure 1.1.9: energy of operations at 45 nm and 0.9 V, in pJ. */
const HOROWITZ: Readonly<Record<string, number>> = {
  'int8 adder': 0.03,
  'int16 adder': 0.05,
  'int32 adder': 0.1,
  'fp16 adder': 0.4,
  'fp32 adder': 0.9,
  'int8 multiplier': 0.2,
  'int32 multiplier': 3.1,
  'fp16 multiplier': 1.1,
  'fp32 multiplier': 3.7,
};
const INT8_MAC = HOROWITZ['int8 multiplier'] + HOROWITZ['int32 adder'];

/** Energy of a MAC over that of an int8 one, at gate level (ASAP7), by the operands and the accumulator that were measured. */
const RATIOS: Readonly<Record<string, number>> = {
  'int4 24-bit': 0.42,
  int16: 3.06,
  binary: 0.0123,
  radix4: 0.35,
  'e4m3 fp16': 1.05,
  'e5m2 fp16': 0.91,
  'e4m3 fp32': 1.46,
};

/** What was measured for an entry: what its source says, else its own operands and accumulator. */
function measuredOf({ action, source }: Entry): string {
  const [, operand, sum] = /^mac:(\w+)\*\w+\+(\w+)$/.exec(action) ?? [];
  const operands =
    /measured with (\w+) operands/.exec(source)?.[1].toLowerCase() ?? operand.replace(/^e4m3fn$/, 'e4m3');
  const accumulator = /an? ([\w-]+) accumulator/.exec(source)?.[1] ?? sum;
  return [`${operands} ${accumulator}`, operands].find((name) => name in RATIOS) ?? `nothing for ${action}: ${source}`;
}

/** The picojoules that an entry's source stands for. */
function picojoulesOf(entry: Entry): number | undefined {
  const { action, source } = entry;
  const adders = source.includes('an int8 adder for the scales') ? HOROWITZ['int8 adder'] : 0;
  const ratio = /int8 MAC x gate-level ratio ([\d.]+)/.exec(source);
  if (ratio !== null) {
    expect([action, Number(ratio[1])]).toEqual([action, RATIOS[measuredOf(entry)]]);
    return INT8_MAC * Number(ratio[1]) + adders;
  }
  if (source.includes('its int8 multiplier, its fp32 adder, and its int8 adder'))
    return HOROWITZ['int8 multiplier'] + HOROWITZ['fp32 adder'] + HOROWITZ['int8 adder'];
  if (source.includes('as its fp16 multiplier and adder')) return HOROWITZ['fp16 multiplier'] + HOROWITZ['fp16 adder'];
  // A signed multiplier takes a byte without sign in 9 bits; its cells grow with the product of the widths.
  const [, x, y, width] = /^mac:(u?int\d+)\*(u?int\d+)\+int(\d+)$/.exec(action) ?? [];
  if (source.includes('bits over 8 x 8')) {
    const bothUnsigned = x.startsWith('u') && y.startsWith('u');
    const bits = [x, y].map((each) => Number(/\d+/.exec(each)) + Number(each.startsWith('u') && !bothUnsigned));
    expect(source).toContain(`${bits.join(' x ')} bits over 8 x 8, int32 addition x ${width} bits over 32`);
    const grown = (HOROWITZ['int8 multiplier'] * bits[0] * bits[1]) / 64;
    return grown + (HOROWITZ['int32 adder'] * Number(width)) / 32;
  }
  if (source.includes('a bound for fp16 x')) return HOROWITZ['fp16 multiplier'] + HOROWITZ['fp32 adder'];
  const alone = /its (\w+ adder) alone|as its (\w+ adder)/.exec(source);
  if (alone !== null) return HOROWITZ[alone[1] ?? alone[2]];
  const unit = /^(?:(add):(\w+)|(multiply):(\w+)\*\4)$/.exec(action);
  if (unit !== null && source.endsWith('2014'))
    return HOROWITZ[unit[1] === 'add' ? `${unit[2]} adder` : `${unit[4]} multiplier`];
  return undefined;
}

it('every operation of a target costs what its source makes it', () => {
  const derived = new Set<string>();
  for (const { name, energy } of TARGETS)
    for (const entry of energy.entries) {
      const picojoules = picojoulesOf(entry);
      if (picojoules === undefined) continue;
      expect(entry.pj, `${name} ${entry.action}`).toBeCloseTo(picojoules, 12);
      derived.add(entry.action);
    }
  const all = new Set(TARGETS.flatMap(({ energy }) => energy.entries.map(({ action }) => action)));
  // Memories have figures of their own, and one adder lies between two.
  const others = [...all].filter((action) => !derived.has(action));
  expect(others.filter((action) => !/^(read|write):/.test(action))).toEqual(['add:int24q6']);
});

it('an entry says that it is extrapolated where it is no figure of its table', () => {
  for (const { energy } of TARGETS)
    for (const { action, source, extrapolated } of energy.entries)
      expect(extrapolated, `${action}: ${source}`).toBe(
        !/^Horowitz, ISSCC 2014(: its int32 adder alone, .*)?$/.test(source),
      );
});

it('figures are of 45 nm and 0.9 V', () => {
  for (const { energy } of TARGETS)
    for (const { action, source, node, voltage } of energy.entries)
      if (source.startsWith('Horowitz')) expect([action, node, voltage]).toEqual([action, '45 nm', 0.9]);
});

it('arrays of 16 x 16 have nothing but their units apart', () => {
  const apart = TARGETS.filter(({ source }) => source.array !== 'chosen: the same for all arrays of 16 x 16');
  for (const { array, memories, clockMhz } of TARGETS.filter((target) => !apart.includes(target)))
    expect({ rows: array.rows, cols: array.cols, dataflow: array.dataflow, memories, clockMhz }).toEqual({
      rows: 16,
      cols: 16,
      dataflow: 'os',
      memories: { a: 32, b: 128, sum: 32 },
      clockMhz: 500,
    });
  expect(apart).toEqual([]);
});

/** Wang et al., NeurIPS 2018, and Sun et al. after them: 16 bits with 6 of exponent, in chunks of 64, nearest with ties away. */
it('sums in dlfloat16 are rounded to the nearest, ties away, and added in chunks of 64 but where the target says otherwise', () => {
  let found = 0;
  for (const { name, datapath, others } of TARGETS)
    for (const { sum, order } of [datapath, ...others])
      if (sum.format.name === 'dlfloat16') {
        expect([name, sum.rounding]).toEqual([name, 'rna']);
        expect(order).toEqual(name === 'ibm-fp8-unchunked' ? { kind: 'sequential' } : { kind: 'chunked', length: 64 });
        found++;
      }
  expect(found).toBeGreaterThan(10);
});

/** OCP Microscaling Formats v1.0, table 1, and NVIDIA's NVFP4: elements, scales, and elements with one scale. */
it.each([
  ['mxfp8', ['e4m3fn', 'e5m2'], 'e8m0fnu', 32],
  ['mxfp6', ['e3m2fn', 'e2m3fn'], 'e8m0fnu', 32],
  ['mxfp4', ['e2m1fn'], 'e8m0fnu', 32],
  ['mxint8', ['int8q6'], 'e8m0fnu', 32],
  ['nvfp4', ['e2m1fn'], 'e4m3fn', 16],
])('%s has the blocks of its specification', (name, elements, scale, size) => {
  const target = TARGETS.find((each) => each.name === name);
  const units = target === undefined ? [] : [target.datapath, ...target.others];
  expect(units.map(({ a }) => a.name)).toEqual(elements);
  for (const { a, b, blockScale, sum } of units) {
    expect(b).toEqual(a);
    expect([blockScale?.format.name, blockScale?.size, blockScale?.apply, sum.format.name]).toEqual([
      scale,
      size,
      'exponent',
      'fp32',
    ]);
  }
});

const FILE = `array: {rows: 2, cols: 3, dataflow: ws}
datapath: int8
memories: {a: 8, b: 8, sum: 8}
clockMhz: 100
energy: {table: horowitz-45nm, entries: [{action: "add:int9", pj: 1, source: s, node: n}]}
source: {array: x}
`;

it('entries of a file are no extrapolations unless it says so; one letter is a source', () => {
  const target = parseTarget(FILE, 'a.yaml');
  expect(target.energy.entries[0]).toEqual({ action: 'add:int9', pj: 1, source: 's', node: 'n', extrapolated: false });
  expect(target.source.array).toBe('x');
  for (const [from, to, field] of [
    ['source: s', 'source: ""', 'energy'],
    ['array: x', 'array: ""', 'source.array'],
    ['node: n', 'node: ""', 'energy'],
    ['pj: 1', 'pj: -1', 'energy'],
  ])
    expect(() => parseTarget(FILE.replace(from, to), 'a.yaml')).toThrow(`: ${field}`);
});

it.each([
  ['multiplyStages', 0, 64],
  ['addStages', 1, 64],
  ['rows', 1, undefined],
  ['cols', 1, undefined],
])('%s of an array is %i at least, and %s at most', (field, least, most) => {
  const withField = (value: number) => () => {
    const text = FILE.replace(`${field}: ${field === 'rows' ? 2 : 3}, `, '').replace(
      'array: {',
      `array: {${field}: ${value}, `,
    );
    return parseTarget(text, 'a.yaml').array[field as 'rows'];
  };
  expect(withField(least)()).toBe(least);
  expect(withField(least - 1)).toThrow(`array.${field}: must be at least ${least}, found ${least - 1}`);
  if (most === undefined) return;
  expect(withField(most)()).toBe(most);
  expect(withField(most + 1)).toThrow(`array.${field}: must be at most ${most}, found ${most + 1}`);
});
