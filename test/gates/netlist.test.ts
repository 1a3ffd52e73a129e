import { expect, it } from 'vitest';
import { ONE, readNetlist, ZERO } from '../../src/gates/netlist.js';
import { madeUp, module } from './cells.js';

const library = madeUp();
const read = (text: string, top?: string) => readNetlist(text, 'net.json', library, top);
const input = (...bits: number[]) => ({ direction: 'input', bits });
const output = (...bits: (number | string)[]) => ({ direction: 'output', bits });

it('gates come after those that drive them, whatever the order of the file', () => {
  const { gates, ports, clock, nets } = read(
    module({ a: input(2, 3), y: output(6) }, [
      ['INV', { A: 5, Y: 6 }],
      ['NAND', { A: 4, B: 3, Y: 5 }],
      ['INV', { A: 2, Y: 4 }],
    ]),
  );
  expect(gates.map(({ name }) => name)).toEqual(['u2', 'u1', 'u0']);
  expect(clock).toBeUndefined();
  // Two constants and the five nets of the file.
  expect(nets).toBe(7);
  expect(ports.get('a')?.bits).toHaveLength(2);
});

it('constants, unknown bits as 0, and outputs that lead nowhere', () => {
  const { gates, ports } = read(
    module({ a: input(2), y: output('1', 'x', 3) }, [
      ['NAND', { A: 2, B: '1', Y: 3 }],
      ['XOR', { A: 2, B: 'x', Y: 4 }],
    ]),
  );
  expect(ports.get('y')?.bits.slice(0, 2)).toEqual([ONE, ZERO]);
  expect(gates.map(({ inputs }) => inputs[1])).toEqual([ONE, ZERO]);
});

it('registers and the port that clocks them', () => {
  const { registers, clock } = read(
    module({ clk: input(2), d: input(3), q: output(4) }, [['DFF', { D: 3, CK: 2, Q: 4 }]]),
  );
  expect(registers.map(({ name }) => name)).toEqual(['u0']);
  expect(clock).toBe('clk');
});

const ports = { clk: input(2), a: input(3), y: output(4) };

it.each([
  ['text', 'hello', /^net.json: no JSON; yosys writes a netlist with write_json$/],
  ['other JSON', '{}', /^net.json: no modules/],
  ['an empty module', '{"modules":{"top":null}}', /^net.json: module top has not the ports and cells/],
  ['a module without cells', '{"modules":{"top":{"ports":{}}}}', /^net.json: module top has not the ports and cells/],
  [
    'a port without bits',
    module({ a: input(2), y: { direction: 'output', bits: [null as never] } }, []),
    /has not the ports/,
  ],
  [
    'a cell without pins',
    '{"modules":{"top":{"ports":{},"cells":{"u":{"type":"INV"}}}}}',
    /has not the ports and cells/,
  ],
  ['another module', module(ports, [['INV', { A: 3, Y: 4 }]]), /^net.json: no module other; it has top$/, 'other'],
  ['an unknown cell', module(ports, [['NAND9', { A: 3, Y: 4 }]]), /cell u0 is a NAND9, which made_up has not$/],
  [
    'a latch',
    module(ports, [['LATCH', { D: 3, G: 2, Q: 4 }]]),
    /cell u0 is a LATCH, a latch; gates and edge-triggered/,
  ],
  [
    'a loop',
    module(ports, [
      ['NAND', { A: 3, B: 5, Y: 4 }],
      ['INV', { A: 4, Y: 5 }],
    ]),
    /a loop of gates goes through u\d and u\d$/,
  ],
  [
    'two clocks',
    module(ports, [
      ['DFF', { D: 3, CK: 2, Q: 4 }],
      ['DFF', { D: 3, CK: 3, Q: 5 }],
    ]),
    /2 clocks \(clk, a\); one is simulated$/,
  ],
  [
    'a clock from a gate',
    module(ports, [
      ['INV', { A: 2, Y: 5 }],
      ['DFF', { D: 3, CK: 5, Q: 4 }],
    ]),
    /the clock comes from a gate/,
  ],
  ['no driver', module(ports, [['NAND', { A: 3, B: 9, Y: 4 }]]), /nothing drives an input of u0$/],
  ['an output without a driver', module(ports, []), /nothing drives an input of port y$/],
  [
    'two drivers',
    module(ports, [
      ['INV', { A: 3, Y: 4 }],
      ['BUF', { A: 2, Y: 4 }],
    ]),
    /u1 and u0 drive one net$/,
  ],
  ['an open input', module(ports, [['NAND', { A: 3, Y: 4 }]]), /pin B of u0 is left open$/],
  [
    'a port of both',
    module({ ...ports, z: { direction: 'inout', bits: [8] } }, [['INV', { A: 3, Y: 4 }]]),
    /port z is inout/,
  ],
])('%s is refused', (_what, text, message, top?: string) => {
  expect(() => read(text, top)).toThrow(message);
});

const withReset = (ff: string) =>
  madeUp(
    `library (r) { time_unit : "1ns"; capacitive_load_unit (1, pf); leakage_power_unit : "1pW"; nom_voltage : 1;
     cell (R) { ${ff} pin (D) { direction : input; } pin (CK) { direction : input; } pin (RN) { direction : input; }
       pin (Q) { direction : output; function : "IQ";
         timing () { related_pin : "CK"; timing_type : rising_edge; cell_rise (scalar) { values ("1"); } rise_transition (scalar) { values ("1"); } }
         internal_power () { power (scalar) { values ("1"); } } } } }`,
  );

it.each([
  ['a reset that is never raised', '1', 'CK', undefined],
  ['one that is held', '0', 'CK', /register u0 is held in its reset$/],
  ['one that may be raised', 3, 'CK', /register u0 has an asynchronous reset; tie RN to a constant$/],
  ['the falling edge', '1', '!CK', /register u0 takes its value at the falling edge$/],
])('a register with %s', (_what, tied, clock, message) => {
  const own = withReset(`ff (IQ, IQN) { clocked_on : "${clock}"; next_state : "D"; clear : "!RN"; }`);
  const text = module(ports, [['R', { D: 3, CK: 2, RN: tied, Q: 4 }]]);
  const reading = () => readNetlist(text, 'net.json', own);
  if (message === undefined) expect(reading().registers).toHaveLength(1);
  else expect(reading).toThrow(message);
});
