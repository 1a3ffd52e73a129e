import { createHash } from 'node:crypto';
import { widthOf } from '../../formats/format.js';
import { type Datapath, totalFitOf } from '../datapath.js';
import { type Order, SEQUENTIAL } from '../order.js';
import { codeBits, instantiate, port, titleOf, unitModule } from './emit.js';
import { modulesFor, type RtlFile } from './library.js';
import { cutUnit } from './staged.js';
import type { Instance } from './unit.js';
import { drawing, heldWidths, joinModule, library, outputWidths, refuseDrawing } from './mesh.js';

/**
 * SystemVerilog of one output-stationary PE of the datapath, with its operand registers, its sum and what drains it: the
 * module `pe`. Ports beside clk and reset: a, a_valid, a_first, a_restart, a_last, b, b_valid, drain, above; a_next and
 * b_next are what the neighbours get.
 * @param stages registers between multiplier and adder
 * @throws RangeError naming the datapath and what of it cannot be built
 */
export function emitPe(datapath: Datapath, order: Order, stages = 0): RtlFile[] {
  if (order.kind !== 'sequential' && order.kind !== 'chunked')
    throw new RangeError(
      `rtl: datapath ${datapath.name} adds in ${order.kind} order; a PE adds in sequential or chunked order`,
    );
  const plain: Datapath = { ...datapath, order, result: undefined, requantize: undefined, nanCode: undefined };
  const cut = stages === 0 ? undefined : cutUnit(plain);
  const instance =
    cut === undefined
      ? library('lastbit_pe_os', { ...peParameters(plain), ...drawing(plain, 'SEED') })
      : library('lastbit_pe_os_staged', { STAGES: stages, WP: cut.bits, ...peParameters(plain) });
  const own: RtlFile[] = [
    ...(cut?.files ?? [{ name: 'mac_unit.sv', text: unitModule(plain, 'mac_unit') }]),
    ...(order.kind === 'chunked' ? [{ name: 'mac_join.sv', text: joinModule(plain) }] : []),
    { name: 'pe.sv', text: peModule(plain, instance) },
  ];
  return [...own, ...modulesFor(own.map(({ text }) => text))];
}

/** What a PE that holds an operand is made of. */
export interface HeldPe {
  holds: 'a' | 'b';
  /** A second register for the operand that stays. */
  doubleBuffer: boolean;
}

/**
 * SystemVerilog of one weight- or input-stationary PE of the datapath, with its registers for both operands and the sum that
 * passes: the module `pe`. Ports beside clk and reset: moving, moving_valid, moving_first, held, loads, shifts, sum_in, sum;
 * moving_next, held_next and shifted are what the neighbours get.
 * @throws RangeError naming the datapath and what of it cannot be built
 */
export function emitHeldPe(datapath: Datapath, held: HeldPe): RtlFile[] {
  refuseDrawing(datapath);
  const plain: Datapath = {
    ...datapath,
    order: SEQUENTIAL,
    result: undefined,
    requantize: undefined,
    nanCode: undefined,
  };
  const own: RtlFile[] = [
    { name: 'mac_unit.sv', text: unitModule(plain, 'mac_unit') },
    { name: 'pe.sv', text: heldPeModule(plain, held) },
  ];
  return [...own, ...modulesFor(own.map(({ text }) => text))];
}

/** SHA-256 of what a PE is made of, of all files in their order: what has the same is the same hardware. */
export function rtlDigest(files: readonly RtlFile[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of files) hash.update(`${name}\n${text}`);
  return hash.digest('hex');
}

const peParameters = (datapath: Datapath): Instance['parameters'] => ({
  ...outputWidths(datapath),
  CHUNKED: Number(datapath.order.kind === 'chunked'),
});

function peModule(datapath: Datapath, instance: Instance): string {
  const { a, b, lanes } = datapath;
  const total = widthOf(totalFitOf(datapath).format);
  const control = lanes + 3;
  const ports = [
    port('input', codeBits(a, lanes), 'a'),
    port('input', lanes, 'a_valid'),
    ...['a_first', 'a_restart', 'a_last'].map((name) => port('input', 1, name)),
    port('input', codeBits(b, lanes), 'b'),
    port('input', lanes, 'b_valid'),
    port('input', 1, 'drain'),
    port('input', total, 'above'),
    port('output', codeBits(a, lanes) + control, 'a_next'),
    port('output', codeBits(b, lanes) + lanes, 'b_next'),
    port('output', total, 'leaving'),
  ];
  const wires = {
    clk: 'clk',
    reset: 'reset',
    a_in: '{a_last, a_restart, a_first, a_valid, a}',
    b_in: '{b_valid, b}',
    drain: 'drain',
    above: 'above',
    a: 'a_next',
    b: 'b_next',
    leaving: 'leaving',
  };
  return `// One PE of an output-stationary array: ${titleOf(datapath)}.
module pe (
  input  wire clk,
  input  wire reset,
${ports.join(',\n')}
);
${instantiate(instance, 'one', wires)}
endmodule
`;
}

function heldPeModule(datapath: Datapath, { holds, doubleBuffer }: HeldPe): string {
  const { lanes, sum } = datapath;
  const [moving, stays] = holds === 'b' ? [datapath.a, datapath.b] : [datapath.b, datapath.a];
  const control = lanes + 1;
  const ports = [
    port('input', codeBits(moving, lanes), 'moving'),
    port('input', lanes, 'moving_valid'),
    port('input', 1, 'moving_first'),
    port('input', codeBits(stays, lanes), 'held'),
    ...['loads', 'shifts'].map((name) => port('input', 1, name)),
    port('input', codeBits(sum.format), 'sum_in'),
    port('output', codeBits(moving, lanes) + control, 'moving_next'),
    port('output', codeBits(stays, lanes), 'held_next'),
    port('output', 1, 'shifted'),
    port('output', codeBits(sum.format), 'sum'),
  ];
  const wires = {
    clk: 'clk',
    reset: 'reset',
    moving_in: '{moving_first, moving_valid, moving}',
    loads: 'loads',
    shifts: 'shifts',
    held_in: 'held',
    sum_in: 'sum_in',
    moving: 'moving_next',
    held_out: 'held_next',
    shifted: 'shifted',
    sum: 'sum',
  };
  const instance = library('lastbit_pe_ws', {
    ...heldWidths(datapath, holds),
    HOLDS_A: Number(holds === 'a'),
    DOUBLE_BUFFER: Number(doubleBuffer),
  });
  return `// One PE of ${holds === 'b' ? 'a weight' : 'an input'}-stationary array: ${titleOf(datapath)}.
module pe (
  input  wire clk,
  input  wire reset,
${ports.join(',\n')}
);
${instantiate(instance, 'one', wires)}
endmodule
`;
}
