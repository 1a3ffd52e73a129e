import type { Datapath } from '../datapath.js';
import { type Format, widthOf } from '../../formats/format.js';
import type { Instance } from './unit.js';
import { unitInstance } from './unit.js';

/** `input wire [7:0] a`. */
export function port(direction: 'input' | 'output', bits: number, name: string): string {
  return `  ${direction.padEnd(6)} wire ${range(bits)}${name}`;
}

export function range(bits: number): string {
  return `[${bits - 1}:0] `;
}

/** `lastbit_mac #(.LANES(1), ...) name (.a(a), ...);` */
export function instantiate(instance: Instance, name: string, wires: Readonly<Record<string, string>>): string {
  const parameters = Object.entries(instance.parameters).map(([key, value]) => `.${key}(${literal(value)})`);
  const ports = Object.entries(wires).map(([key, value]) => `.${key}(${value})`);
  return `  ${instance.module} #(\n${wrapped(parameters, 4)}\n  ) ${name} (${ports.join(', ')});`;
}

/** Words of fields are bigints. */
function literal(value: number | bigint): string {
  return typeof value === 'bigint' ? `96'h${value.toString(16).padStart(24, '0')}` : String(value);
}

const LINE = 116;

/** Items separated by commas, as many to a line as fit. */
export function wrapped(items: readonly string[], indent: number): string {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + item.length + 2 <= LINE) lines[lines.length - 1] = `${last}, ${item}`;
    else {
      if (last !== undefined) lines[lines.length - 1] = `${last},`;
      lines.push(`${' '.repeat(indent)}${item}`);
    }
  }
  return lines.join('\n');
}

/** An identifier made of a datapath's name. */
export function identifier(name: string): string {
  const word = name.replace(/\W+/g, '_');
  return /^[A-Za-z_]/.test(word) ? word : `_${word}`;
}

/** One line that says what a datapath is. */
export function titleOf({ name, a, b, sum, lanes, combine }: Datapath): string {
  const many = lanes === 1 ? '' : `${lanes} lanes, `;
  return `datapath ${name}: ${a.name} x ${b.name}, ${many}${combine.kind}, into ${sum.format.name}`;
}

export const codeBits = (format: Format, lanes = 1): number => widthOf(format) * lanes;

/**
 * The datapath's unit as a combinational module of fixed widths: one firing, `sum` = c with `lanes` products. Where nothing
 * rounds stochastically `random` is a bit of no meaning, so that all units have the same ports.
 * @throws RangeError where the library has no such unit
 */
export function unitModule(datapath: Datapath, module: string): string {
  const { a, b, sum, lanes } = datapath;
  const unit = unitInstance(datapath);
  const ports = [
    port('input', codeBits(a, lanes), 'a'),
    port('input', codeBits(b, lanes), 'b'),
    port('input', lanes, 'live'),
    port('input', codeBits(sum.format), 'c'),
    port('input', Math.max(1, unit.random), 'random'),
    port('output', codeBits(sum.format), 'sum'),
    port('output', 2, 'flags'),
  ];
  const random = unit.random > 0 ? 'random' : `${unit.port}'d0`;
  const wires = { a: 'a', b: 'b', live: 'live', c: 'c', ...(unit.port > 0 && { random }), sum: 'sum', flags: 'flags' };
  return `// One firing of ${titleOf(datapath)}. flags are {overflow, inexact}.
module ${module} (
${ports.join(',\n')}
);
${instantiate(unit, 'unit', wires)}
endmodule
`;
}
