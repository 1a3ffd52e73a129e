import { describe, expect, it } from 'vitest';
import { evaluate, namesIn, parseExpression } from '../../src/gates/liberty/expression.js';
import { driverOf } from '../../src/gates/liberty/cell.js';
import { readLibrary } from '../../src/gates/liberty/library.js';
import { parseLiberty, printLiberty } from '../../src/gates/liberty/syntax.js';
import { lookUp } from '../../src/gates/nldm.js';
import { CAPACITANCE, LIBERTY, madeUp } from './cells.js';

/** All rows of a truth table over a, b, c, lowest row first. */
function rows(text: string): string {
  const expression = parseExpression(text);
  return Array.from({ length: 8 }, (_, row) =>
    Number(evaluate(expression, (name) => ((row >> 'abc'.indexOf(name)) & 1) === 1)),
  ).join('');
}

describe('expressions', () => {
  it.each([
    ['a', '01010101'],
    ['!a', '10101010'],
    ["a'", '10101010'],
    ["!a'", '01010101'],
    ['a & b', '00010001'],
    ['a*b', '00010001'],
    ['a b', '00010001'],
    ['a|b', '01110111'],
    ['a + b', '01110111'],
    ['a ^ b', '01100110'],
    // Exclusive or before and, and before or; not before all.
    ['a & b ^ c', '00010100'],
    ['a + b c', '01010111'],
    ['!a b', '00100010'],
    ["(a b)' c", '00001110'],
    ['(a !c) + (b c)', '01010011'],
    ['1', '11111111'],
    ['0 + a 1', '01010101'],
  ])('%s', (text, table) => {
    expect(rows(text)).toBe(table);
  });

  it('names each of its names once', () => {
    expect(namesIn(parseExpression('(a & b) | !a ^ 1'))).toEqual(['a', 'b']);
  });

  it.each(['', 'a &', '(a', 'a)', '& a', 'a ? b', "'a"])('%s is none', (text) => {
    expect(() => parseExpression(text)).toThrow(/is no boolean expression/);
  });
});

describe('tables', () => {
  const table = {
    axes: [
      { of: 'slew' as const, points: [1, 3] },
      { of: 'load' as const, points: [0, 10, 20] },
    ],
    // 100 slew + load, which a bilinear table holds exactly.
    values: [100, 110, 120, 300, 310, 320],
  };

  it.each([
    [1, 0],
    [3, 20],
    [2, 5],
    [1.5, 15],
    // Beyond the ends as the last interval goes on.
    [0, 5],
    [4, 25],
    [2, -10],
  ])('at a transition of %d and a load of %d', (slew, load) => {
    expect(lookUp(table, slew, load)).toBeCloseTo(100 * slew + load, 9);
  });

  it('without axes, and with one point on one', () => {
    expect(lookUp({ axes: [], values: [7] }, 1, 2)).toBe(7);
    expect(lookUp({ axes: [{ of: 'load', points: [5] }], values: [7] }, 1, 2)).toBe(7);
  });
});

describe('liberty files', () => {
  it('in SI units', () => {
    const { name, voltage, temperature, cells } = madeUp();
    expect([name, voltage, temperature]).toEqual(['made_up', 1, 25]);
    const nand = cells.get('NAND');
    expect(nand?.inputs.map((pin) => [pin.name, pin.capacitance])).toEqual([
      ['A', CAPACITANCE * 1e-12],
      ['B', CAPACITANCE * 1e-12],
    ]);
    expect(nand?.leakage).toBeCloseTo(3e-12, 20);
    const [arc] = nand?.outputs[0].arcs ?? [];
    expect(arc.sense).toBe('negative');
    // 0.1 ns + 0.5 slew + 2 ns / pF: at 0.2 ns and 0.25 pF.
    expect(lookUp(arc.delay.rise, 0.2e-9, 0.25e-12) * 1e9).toBeCloseTo(0.1 + 0.1 + 0.5, 9);
    // A picofarad at 1 V^2 is a picojoule.
    expect(lookUp((nand?.outputs[0].power[0].rise ?? [])[0], 0, 0)).toBeCloseTo(0.004e-12, 24);
    expect(cells.get('DFF')?.register).toMatchObject({ clock: 'CK', falling: false, names: ['IQ', 'IQN'] });
    expect(cells.get('LATCH')?.other).toBe('a latch');
  });

  it('energies of several supplies are added, of several states apart', () => {
    const own = (supply: string, when: string, value: number) =>
      `internal_power () { related_pg_pin : ${supply}; when : "${when}"; power (scalar) { values ("${value}"); } }`;
    const pin = `pin (A) { direction : input; ${own('VDD', 'B', 1)} ${own('VSS', 'B', 2)} ${own('VDD', '!B', 4)}`;
    const text = LIBERTY.replace(
      'cell (NAND) {',
      `cell (TWO) { ${pin} } pin (Y) { direction : output; function : A; } } cell (NAND) {`,
    );
    const [both, other] = madeUp(text).cells.get('TWO')?.inputs[0].power ?? [];
    expect([both, other].map(({ rise }) => rise.map(({ values }) => values[0] * 1e12))).toEqual([[1, 2], [4]]);
  });

  it('the mean over states where a cell names no leakage of its own', () => {
    const states = 'leakage_power () { value : 2; when : "A"; } leakage_power () { value : 6; }';
    const text = LIBERTY.replace('cell (INV) { area : 2; cell_leakage_power : 3;', `cell (INV) { area : 2; ${states}`);
    expect(madeUp(text).cells.get('INV')?.leakage).toBeCloseTo(4e-12, 20);
  });

  it('leakage of several supplies is added in each state', () => {
    const of = (value: number, supply: string, when: string) =>
      `leakage_power () { value : ${value}; related_pg_pin : ${supply}; ${when} }`;
    const states = ['when : "A";', 'when : "!A";', ''].map((when) => of(4, 'VDD', when) + of(1, 'VSS', when)).join(' ');
    const text = LIBERTY.replace('cell (INV) { area : 2; cell_leakage_power : 3;', `cell (INV) { area : 2; ${states}`);
    expect(madeUp(text).cells.get('INV')?.leakage).toBeCloseTo(5e-12, 20);
  });

  it('voltages in a unit of their own', () => {
    const text = LIBERTY.replace('"1V"', '"100mV"').replace('nom_voltage : 1.0', 'nom_voltage : 12');
    const { voltage, cells } = madeUp(text);
    expect(voltage).toBeCloseTo(1.2, 12);
    // A picofarad at 0.1 V^2.
    const [energy] = cells.get('NAND')?.outputs[0].power[0].rise ?? [];
    expect(lookUp(energy, 0, 0)).toBeCloseTo(0.004e-14, 26);
  });

  it.each([
    ['comments that touch a word', 'area : 2;', 'area : 2/* um2 */;'],
    ['blanks behind a backslash', '\\\n', '\\ \t\n'],
    ['a string of two lines', '", \\\n"', ', \\\n'],
    ['a comma behind the last number', '("0, 1")', '("0, 1,")'],
    [
      'pins that are declared together',
      'pin (A) { direction : input; capacitance : 0.01; }\n    pin (B)',
      'pin (A, B)',
    ],
    ['energy of several inputs', 'internal_power () { related_pin : "A"', 'internal_power () { related_pin : " A "'],
  ])('%s', (_what, from, to) => {
    const text = LIBERTY.replaceAll(from, to);
    expect(text).not.toBe(LIBERTY);
    const figures = (library: typeof plain) => [...library.cells.values()];
    const plain = madeUp();
    expect(figures(madeUp(text))).toEqual(figures(plain));
  });

  const REGISTER = 'ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; }';
  it.each([
    ['a bank', 'DFF', REGISTER, 'ff_bank (IQ, IQN, 2) { clocked_on : "CK"; next_state : "D"; }', 'several registers'],
    ['two registers', 'DFF', REGISTER, `${REGISTER} ${REGISTER.replaceAll('IQ', 'IP')}`, 'several registers'],
    ['an enable', 'DFF', '"D"; }', '"(CE D) + (!CE IQ)"; }', 'a register that is not plain'],
    ['a clock that is gated', 'DFF', '"CK";', '"CK & D";', 'a register that is not plain'],
    ['no clock', 'DFF', 'clocked_on : "CK";', '', 'a register that is not plain'],
    ['a reset by no pin', 'DFF', '"D"; }', '"D"; clear : "R"; }', 'a register that is not plain'],
    ['buses', 'INV', 'cell (INV) {', 'cell (INV) { bus (P) { bus_type : two; }', 'a cell of buses'],
    [
      'an input without timing',
      'NAND',
      /(cell \(NAND\)[^]*?)related_pin : "B"; timing_sense/,
      '$1related_pin : "A"; timing_sense',
      'a cell without timing',
    ],
  ])('a cell of %s is none to map onto, and the others are', (_what, name, from, to, other) => {
    const text = LIBERTY.replace(from, to);
    expect(text).not.toBe(LIBERTY);
    const { cells } = madeUp(text);
    expect(cells.get(name)).toMatchObject({ other, offered: false });
    expect([...cells.values()].filter(({ offered }) => offered)).toHaveLength(7);
  });

  it.each([
    ['none', 'cell (DFF)', 'other (DFF)'],
    ['one for scan', 'cell (DFF) {', 'cell (DFF) { test_cell () { }'],
    ['one that is kept', 'cell (DFF) {', 'cell (DFF) { dont_use : true;'],
    ['one of a falling edge', 'clocked_on : "CK"', 'clocked_on : "CK\'"'],
  ])('mapping is refused where of registers there is %s', (_what, from, to) => {
    expect(() => driverOf(madeUp(LIBERTY.replace(from, to)))).toThrow(
      /^library made_up has no register of a rising edge/,
    );
  });

  it('a buffer that is kept from synthesis drives nothing', () => {
    const text = LIBERTY.replace('cell (BUF) {', 'cell (BUF) { dont_use : true;');
    expect(() => driverOf(madeUp(text))).toThrow(/^library made_up has 6 gates and no buffer; mapping needs/);
  });

  it('what synthesis gets reads as the same cells, without power and latches', () => {
    const again = parseLiberty(madeUp().forSynthesis(), 'again');
    expect(again.groups.filter(({ kind }) => kind === 'cell').map(({ args }) => args[0])).toEqual(
      [...madeUp().cells.keys()].filter((name) => name !== 'LATCH'),
    );
    expect(printLiberty(parseLiberty(LIBERTY, 'a'))).toBe(
      printLiberty(parseLiberty(printLiberty(parseLiberty(LIBERTY, 'a')), 'b')),
    );
    expect(driverOf(madeUp()).name).toBe('BUF');
    const without = madeUp(LIBERTY.replace('cell (BUF)', 'cell (BUF) { dont_use : true; } other (BUF)'));
    expect(() => driverOf(without)).toThrow(/^library made_up has 6 gates and no buffer; mapping needs/);
  });

  it('several files are one library', () => {
    const other = LIBERTY.replaceAll('cell (', 'cell (X_');
    expect(
      readLibrary([
        { name: 'a', text: LIBERTY },
        { name: 'b', text: other },
      ]).cells.size,
    ).toBe(2 * madeUp().cells.size);
    const volts = LIBERTY.replace('nom_voltage : 1.0', 'nom_voltage : 0.9');
    expect(() =>
      readLibrary([
        { name: 'a', text: LIBERTY },
        { name: 'b', text: volts },
      ]),
    ).toThrow(/^b: at 0.9 V or in other units than a/);
  });

  it.each([
    ['an empty file', '', /^made.lib, line 1: the file ends, expected library/],
    ['another file', 'hello world', /^made.lib, line 1: found hello, expected library/],
    [
      'one cut in a group',
      LIBERTY.slice(0, 3000),
      /^made.lib, line \d+: the file ends|^made.lib, line \d+: .* expected /,
    ],
    [
      'one cut in a string',
      'library (a) { date : "Mon',
      /^made.lib, line 1: .*expected a word, or a string or comment that is closed/,
    ],
    ['no time unit', LIBERTY.replace('time_unit : "1ns";', ''), /^made.lib: time_unit is not stated/],
    [
      'no unit of capacitance',
      LIBERTY.replace('capacitive_load_unit (1, pf);', ''),
      /^made.lib: capacitive_load_unit is not stated/,
    ],
    ['a unit of nothing', LIBERTY.replace('"1ns"', '"0ns"'), /^made.lib: time_unit is 0ns/],
    ['a unit with two points', LIBERTY.replace('"1ns"', '"1.0.0ns"'), /^made.lib: time_unit is 1.0.0ns/],
    ['a strange unit', LIBERTY.replace('"1pW"', '"1 horse"'), /^made.lib: leakage_power_unit is 1 horse/],
    ['no supply', LIBERTY.replace('nom_voltage : 1.0;', ''), /^made.lib: nom_voltage is not stated/],
    ['no power', LIBERTY.replaceAll('internal_power', 'other_power'), /^made.lib: no cell has internal_power/],
    [
      'a short table',
      LIBERTY.replace('index_2 ("0, 0.5, 1"); values', 'index_2 ("0, 0.5"); values'),
      /of 6 values, where its axes have 4 points/,
    ],
    [
      'points that do not rise',
      LIBERTY.replaceAll('index_1 ("0, 1")', 'index_1 ("1, 1")'),
      /index_1 of a rise_power is 1, 1; its numbers have to rise$/,
    ],
    ['values beyond all numbers', LIBERTY.replace('values ("0.1,', 'values ("1e999,'), /values that are no numbers$/],
    [
      'an empty table',
      LIBERTY.replace('values ("0.007")', 'values ("")'),
      /of 0 values, where its axes have 1 points$/,
    ],
    [
      'an axis of something else',
      LIBERTY.replace(': input_net_transition', ': constructor'),
      /over constructor are not read$/,
    ],
    ['a comment without end', LIBERTY.replace('cell (INV) {', '/*\n cell (INV) {'), /found \/\* cell.*that is closed$/],
    [
      'groups without end',
      LIBERTY.replace('cell (INV) {', 'x () { '.repeat(9999)),
      /no more than 100 groups in one another$/,
    ],
    [
      'a huge expression',
      LIBERTY.replace('"A ^ B"', `"${'!'.repeat(9999)}A"`),
      /expression of 10000 names and signs; at most/,
    ],
    [
      'a cell twice',
      LIBERTY.replace('cell (NOR)', 'cell (NAND)'),
      /^made.lib, line \d+: a second cell NAND; a library/,
    ],
    ['a strange template', LIBERTY.replace('cell_rise (by_both)', 'cell_rise (by_none)'), /no template by_none/],
    ['a word for a number', LIBERTY.replace('area : 2', 'area : big'), /area is big, which is no number/],
    ['a strange function', LIBERTY.replace('"A ^ B"', '"A ^ Z"'), /the function of XOR.Y names Z, which is no input/],
    ['no expression', LIBERTY.replace('"A ^ B"', '"A ^"'), /function: "A \^" is no boolean expression/],
  ])('%s is refused in one line', (_what, text, message) => {
    expect(() => madeUp(text)).toThrow(message);
    try {
      madeUp(text);
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });
});
