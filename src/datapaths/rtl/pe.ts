import { createHash } from 'node:crypto';
import { widthOf } from '../../formats/format.js';
import { type Datapath, totalFitOf } from '../datapath.js';
import type { Order } from '../order.js';
import { codeBits, instantiate, port, titleOf, unitModule } from './emit.js';
import { modulesFor, type RtlFile } from './library.js';
import { drawing, joinModule, library, outputWidths } from './mesh.js';

/**
 * SystemVerilog of one output-stationary PE of the datapath, with its operand registers, its sum and what drains it: the
 * module `pe`. Ports beside clk and reset: a, a_valid, a_first, a_restart, a_last, b, b_valid, drain, above; a_next and
 * b_next are what the neighbours get.
 * @throws RangeError naming the datapath and what of it cannot be built
 */
export function emitPe(datapath: Datapath, order: Order): RtlFile[] {
  if (order.kind !== 'sequential' && order.kind !== 'chunked')
    throw new RangeError(
      `rtl: datapath ${datapath.name} adds in ${order.kind} order; a PE adds in sequential or chunked order`,
    );
  const plain: Datapath = { ...datapath, order, result: undefined, requantize: undefined, nanCode: undefined };
  const own: RtlFile[] = [
    { name: 'mac_unit.sv', text: unitModule(plain, 'mac_unit') },
    ...(order.kind === 'chunked' ? [{ name: 'mac_join.sv', text: joinModule(plain) }] : []),
    { name: 'pe.sv', text: peModule(plain) },
  ];
  return [...own, ...modulesFor(own.map(({ text }) => text))];
}

/** SHA-256 of what a PE is made of, of all files in their order: what has the same is the same hardware. */
export function rtlDigest(files: readonly RtlFile[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of files) hash.update(`${name}\n${text}`);
  return hash.digest('hex');
}

function peModule(datapath: Datapath): string {
  const { a, b, lanes, order } = datapath;
  const total = widthOf(totalFitOf(datapath).format);
  const instance = library('lastbit_pe_os', {
    ...outputWidths(datapath),
    CHUNKED: Number(order.kind === 'chunked'),
    ...drawing(datapath, 'SEED'),
  });
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
