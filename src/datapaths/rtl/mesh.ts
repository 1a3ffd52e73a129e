import { widthOf } from '../../formats/format.js';
import { type Datapath, registerFitOf, totalFitOf } from '../datapath.js';
import type { Order } from '../order.js';
import { codeBits, instantiate, port, titleOf, unitModule } from './emit.js';
import { modulesFor, type RtlFile } from './library.js';
import { type Instance, joinInstance, unitInstance } from './unit.js';

/** What of an array, and of the product it works on, the hardware depends on. */
export interface MeshShape {
  rows: number;
  cols: number;
  dataflow: 'os' | 'ws' | 'is';
  /** ws, is: a second register for the operand that stays. */
  doubleBuffer: boolean;
  /** ws, is: sums of earlier tiles go in at the top, instead of being joined below. */
  reinject: boolean;
  /** ws, is: words of a tile; tiles that share their sums; sums that the memory below a column holds. */
  memory: { steps: number; folds: number; depth: number };
}

/** A port of the module `mesh`; inputs have the names of a tile's vector files. */
export interface MeshPort {
  name: string;
  bits: number;
  direction: 'input' | 'output';
}

/**
 * SystemVerilog of an array of the datapath's units: the module `mesh`, the modules `mac_unit` and `mac_join` that its PEs
 * are made of, and the library's files.
 * @param order of the sums in the array (arrays/dataflow.ts)
 * @throws RangeError naming the datapath and what of it cannot be built
 */
export function emitMesh(datapath: Datapath, order: Order, shape: MeshShape): RtlFile[] {
  if (order.kind !== 'sequential' && order.kind !== 'chunked')
    throw new RangeError(
      `rtl: datapath ${datapath.name} adds in ${order.kind} order; a PE adds in sequential or chunked order`,
    );
  const plain: Datapath = { ...datapath, order, result: undefined, requantize: undefined, nanCode: undefined };
  const joins = shape.dataflow === 'os' ? order.kind === 'chunked' : !shape.reinject;
  const own: RtlFile[] = [
    { name: 'mac_unit.sv', text: unitModule(plain, 'mac_unit') },
    ...(joins ? [{ name: 'mac_join.sv', text: joinModule(plain) }] : []),
    { name: 'mesh.sv', text: meshModule(plain, shape) },
  ];
  return [...own, ...modulesFor(own.map(({ text }) => text))];
}

/** A finished sum meets the outer register of a chunked order. */
export function joinModule(datapath: Datapath): string {
  const { sum } = datapath;
  const total = totalFitOf(datapath);
  const instance = joinInstance(datapath, { format: total.format, flush: false }, sum.format, registerFitOf(total));
  const ports = [
    port('input', codeBits(total.format), 'x'),
    port('input', codeBits(sum.format), 'y'),
    port('output', codeBits(total.format), 'total'),
  ];
  const random = `${instance.port}'d0`;
  return `// A finished sum y meets the outer register x of ${titleOf(datapath)}.
module mac_join (
${ports.join(',\n')}
);
${instantiate(instance, 'join_sum', { x: 'x', y: 'y', random, total: 'total', flags: '' })}
endmodule
`;
}

/** The ports of `mesh` but clk and reset, and what each is tied to in the library's module. */
function connections(datapath: Datapath, shape: MeshShape): (MeshPort & { to: string })[] {
  const { rows, cols, dataflow, reinject, memory } = shape;
  const { a, b, sum, lanes } = datapath;
  const result = { direction: 'output', name: 'result', to: 'result' } as const;
  const input = (name: string, bits: number, to = name) => ({ name, bits, direction: 'input', to }) as const;
  const total = codeBits(totalFitOf(datapath).format, cols);
  if (dataflow === 'os')
    return [
      input('a', codeBits(a, rows * lanes)),
      input('a_valid', rows * lanes),
      input('a_first', rows),
      input('a_last', rows),
      input('b', codeBits(b, cols * lanes)),
      input('b_valid', cols * lanes),
      input('drain', cols),
      { ...result, bits: total },
    ];
  const [moving, held] = dataflow === 'ws' ? ['a', 'b'] : ['b', 'a'];
  const format = { a, b } as Readonly<Record<string, Datapath['a']>>;
  return [
    input(moving, codeBits(format[moving], rows * lanes), 'moving'),
    input(`${moving}_valid`, rows * lanes, 'moving_valid'),
    input(`${moving}_first`, rows, 'moving_first'),
    input(held, codeBits(format[held], cols * lanes), 'held'),
    input(`${held}_load`, cols, 'load'),
    input(`${held}_load_first`, cols, 'load_first'),
    ...(reinject ? [input('c', codeBits(sum.format, cols), 'top')] : []),
    { ...result, bits: codeBits(sum.format, cols) },
    input('read_address', addressBits(memory.depth)),
    { name: 'read_sum', bits: total, direction: 'output', to: 'read_sum' },
  ];
}

/** The ports of the module `mesh` but clk and reset. */
export function meshPorts(datapath: Datapath, order: Order, shape: MeshShape): MeshPort[] {
  return connections({ ...datapath, order }, shape);
}

function addressBits(depth: number): number {
  return Math.max(1, 32 - Math.clz32(depth - 1));
}

function meshModule(datapath: Datapath, shape: MeshShape): string {
  const { rows, cols, dataflow, reinject } = shape;
  const ports = connections(datapath, shape);
  const wires = Object.fromEntries([
    ...['clk', 'reset'].map((name) => [name, name]),
    ...ports.map(({ to, name }) => [to, name]),
  ]);
  const instance = dataflow === 'os' ? outputMesh(datapath, shape) : operandMesh(datapath, shape);
  const top = dataflow !== 'os' && !reinject ? { top: `${codeBits(datapath.sum.format, cols)}'d0` } : {};
  return `// ${rows} x ${cols} PEs, ${dataflow}: ${titleOf(datapath)}.
module mesh (
  input  wire clk,
  input  wire reset,
${ports.map(({ name, bits, direction }) => port(direction, bits, name)).join(',\n')}
);
${instantiate(instance, 'pes', { ...wires, ...top })}
endmodule
`;
}

export const library = (module: string, parameters: Instance['parameters']): Instance => ({
  module,
  parameters,
  random: 0,
  port: 0,
});

function outputMesh(datapath: Datapath, { rows, cols }: MeshShape): Instance {
  const { order, lanes } = datapath;
  return library('lastbit_mesh_os', {
    ROWS: rows,
    COLS: cols,
    ...outputWidths(datapath),
    CHUNK: order.kind === 'chunked' ? order.length / lanes : 0,
    ...drawing(datapath, 'LFSR_SEED'),
  });
}

/** What an output-stationary PE and an array of them have alike. */
export function outputWidths(datapath: Datapath): Instance['parameters'] {
  const { a, b, sum, lanes } = datapath;
  return {
    LANES: lanes,
    WA: widthOf(a),
    WB: widthOf(b),
    WS: widthOf(sum.format),
    WT: widthOf(totalFitOf(datapath).format),
  };
}

/** What a PE that holds an operand and an array of them have alike. */
export function heldWidths({ a, b, sum, lanes }: Datapath, holds: 'a' | 'b'): Instance['parameters'] {
  const [moving, held] = holds === 'a' ? [b, a] : [a, b];
  return { LANES: lanes, WM: widthOf(moving), WH: widthOf(held), WS: widthOf(sum.format) };
}

/** @throws RangeError where a unit rounds stochastically, which PEs that hand their sums on do not */
export function refuseDrawing({ name, sum }: Datapath): void {
  if (typeof sum.rounding !== 'string')
    throw new RangeError(
      `rtl: datapath ${name} rounds stochastically; sums that pass the PEs of a column have no LFSR of their own`,
    );
}

/** Of a unit that rounds stochastically its LFSR. @throws RangeError where PEs that work at once would share one */
export function drawing(datapath: Datapath, seed: 'LFSR_SEED' | 'SEED'): Instance['parameters'] {
  const { rounding } = datapath.sum;
  if (typeof rounding === 'string') return {};
  const { bits, lfsr, perOutput } = rounding.stochastic;
  if (!perOutput)
    throw new RangeError(
      `rtl: datapath ${datapath.name} shares one LFSR; PEs that work at once need one for each output`,
    );
  return {
    RANDOM: bits,
    DRAWS: unitInstance(datapath).random / bits,
    LFSR_WIDTH: lfsr.width,
    LFSR_TAPS: lfsr.taps.reduce((mask, tap) => mask + 2 ** (tap - 1), 0),
    [seed]: lfsr.seed,
  };
}

function operandMesh(
  datapath: Datapath,
  { rows, cols, dataflow, doubleBuffer, reinject, memory }: MeshShape,
): Instance {
  refuseDrawing(datapath);
  return library('lastbit_mesh_ws', {
    ROWS: rows,
    COLS: cols,
    ...heldWidths(datapath, dataflow === 'is' ? 'a' : 'b'),
    WT: widthOf(totalFitOf(datapath).format),
    HOLDS_A: Number(dataflow === 'is'),
    DOUBLE_BUFFER: Number(doubleBuffer),
    STEPS: memory.steps,
    FOLDS: memory.folds,
    DEPTH: memory.depth,
    REINJECT: Number(reinject),
  });
}
