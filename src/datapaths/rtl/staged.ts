import { widthOf } from '../../formats/format.js';
import type { Datapath } from '../datapath.js';
import { codeBits, instantiate, port, titleOf } from './emit.js';
import type { RtlFile } from './library.js';
import { type Instance, unitInstance } from './unit.js';

/** A unit cut into multiplier and adder. */
export interface CutUnit {
  /** Modules `mac_multiply`, and `mac_unit`, which takes products for a and ones for b. */
  files: RtlFile[];
  /** Of a product between them. */
  bits: number;
}

/**
 * Cuts a unit between its multipliers and its adders.
 * @throws RangeError naming the datapath where it is not built of these two, or cannot be built
 */
export function cutUnit(datapath: Datapath): CutUnit {
  const whole = unitInstance(datapath);
  const parts = whole.random > 0 ? undefined : (integers(whole) ?? floats(whole));
  if (parts === undefined)
    throw new RangeError(
      `rtl: datapath ${datapath.name} cannot be cut between multiplier and adder: its unit is ${whole.module.replace('lastbit_', '')}${whole.random > 0 ? ', which rounds stochastically' : ''}; integer and float MACs that add products one by one can`,
    );
  const { multiply, add, bits } = parts;
  const files = [
    { name: 'mac_multiply.sv', text: multiplyModule(datapath, multiply, bits) },
    { name: 'mac_unit.sv', text: addModule(datapath, add, bits) },
  ];
  return { files, bits };
}

interface Parts {
  multiply: Instance;
  add: Instance & { wires: Readonly<Record<string, string>> };
  bits: number;
}

type Parameters = Record<string, number>;

function integers({ module, parameters }: Instance): Parts | undefined {
  if (module !== 'lastbit_int_mac') return undefined;
  const { LANES, WA, WB, SIGNED_A, SIGNED_B, ...sum } = parameters as Parameters;
  const bits = WA + WB;
  return {
    bits,
    multiply: plain('lastbit_int_multiply', { LANES, WA, WB, SIGNED_A, SIGNED_B }),
    // Products times one: the unit is its own adder.
    add: {
      ...plain(module, { LANES, WA: bits, WB: 1, SIGNED_A: SIGNED_A | SIGNED_B, SIGNED_B: 0, ...sum }),
      wires: { a: 'a', b: 'b', live: 'live', c: 'c', sum: 'sum', flags: 'flags' },
    },
  };
}

function floats({ module, parameters }: Instance): Parts | undefined {
  if (module !== 'lastbit_mac') return undefined;
  const pick = (...names: string[]) => Object.fromEntries(names.map((name) => [name, parameters[name]]));
  const { EW, SP } = parameters as Parameters;
  return {
    bits: EW + SP + 3,
    multiply: plain(
      'lastbit_mac_multiply',
      pick('LANES', 'A', 'B', 'PRODUCT', 'ROUNDED', 'WA', 'WB', 'WP', 'SA', 'SB', 'SP', 'EW'),
    ),
    add: {
      ...plain('lastbit_mac_add', pick('LANES', 'C', 'SUM', 'WS', 'SP', 'SC', 'EW', 'LOW', 'WW')),
      wires: { product: 'a', c: 'c', sum: 'sum', flags: 'flags' },
    },
  };
}

const plain = (module: string, parameters: Instance['parameters']): Instance => ({
  module,
  parameters,
  random: 0,
  port: 0,
});

function multiplyModule(datapath: Datapath, multiply: Instance, bits: number): string {
  const { a, b, lanes } = datapath;
  const ports = [
    port('input', codeBits(a, lanes), 'a'),
    port('input', codeBits(b, lanes), 'b'),
    port('input', lanes, 'live'),
    port('output', bits * lanes, 'product'),
  ];
  return `// The products of one firing of ${titleOf(datapath)}.
module mac_multiply (
${ports.join(',\n')}
);
${instantiate(multiply, 'unit', { a: 'a', b: 'b', live: 'live', product: 'product' })}
endmodule
`;
}

/** The ports are those of a whole unit's module, so that the PE around it is the same. */
function addModule(datapath: Datapath, { wires, ...add }: Parts['add'], bits: number): string {
  const { sum, lanes } = datapath;
  const ports = [
    port('input', bits * lanes, 'a'),
    port('input', lanes, 'b'),
    port('input', lanes, 'live'),
    port('input', widthOf(sum.format), 'c'),
    port('input', 1, 'random'),
    port('output', widthOf(sum.format), 'sum'),
    port('output', 2, 'flags'),
  ];
  return `// The additions of one firing of ${titleOf(datapath)}: a has the products, b ones.
module mac_unit (
${ports.join(',\n')}
);
${instantiate(add, 'unit', wires)}
endmodule
`;
}
