import type { CycleObserver } from '../../arrays/clocked.js';
import type { MacArray } from '../../arrays/dataflow.js';
import type { Registers } from '../../arrays/mesh.js';
import type { Datapath } from '../../datapaths/datapath.js';
import { decoderOf } from '../../datapaths/kernel/index.js';
import { widthOf } from '../../formats/format.js';
import type { Sink } from '../files/file.js';
import { isIn, pesIn, type PlacedPe, type Signal, signalsOf, type TraceWindow } from './signals.js';

/** Nanoseconds of a clock period in a waveform: cycle n begins with the clock's rise at n periods. */
export const PERIOD_NS = 10;

/**
 * A value change dump (IEEE 1364-2005, clause 18) of a window of cycles and PEs: a scope for each PE, in it every register
 * as its code (a vector) and beside it as its value (a real, `<name>_value`), and `live`, the lanes that carry a product.
 * Written as a stream: a cycle's changes go out with the cycle.
 *
 * @returns an observer; its `end` gives the number of cycles written
 */
export function traceVcd(
  sink: Sink,
  array: MacArray,
  unit: Datapath,
  window: TraceWindow,
): CycleObserver & { end(): number } {
  const variables = [...identified(pesIn(window, array).flatMap((place) => variablesOf(place, unit)))];
  const clock = idOf(variables.length);
  const counter = idOf(variables.length + 1);
  const known = new Float64Array(variables.length);
  let cycles = 0;
  let last = 0;
  sink.write(headerOf(unit, variables, clock, counter));
  return {
    cycle(cycle, registers) {
      if (!isIn(window, cycle)) return;
      const changes = variables.flatMap((variable, i) => {
        const code = variable.read(registers);
        if (cycles > 0 && code === known[i]) return [];
        known[i] = code;
        return [variable.text(code)];
      });
      const values = `1${clock}\nb${cycle.toString(2)} ${counter}\n${changes.join('')}`;
      const time = cycle * PERIOD_NS;
      sink.write(cycles === 0 ? `#${time}\n$dumpvars\n${values}$end\n` : `#${time}\n${values}`);
      sink.write(`#${time + PERIOD_NS / 2}\n0${clock}\n`);
      cycles++;
      last = cycle;
    },
    end() {
      if (cycles > 0) sink.write(`#${(last + 1) * PERIOD_NS}\n`);
      return cycles;
    },
  };
}

/** One line of the dump's header, and what it is in a cycle. */
interface Variable {
  id: string;
  scope: string;
  declaration: string;
  /** What tells whether it has changed. */
  read(registers: Registers): number;
  text(code: number): string;
}

type Anonymous = Omit<Variable, 'declaration' | 'text'> & {
  declaration(id: string): string;
  text(code: number, id: string): string;
};

function variablesOf({ row, col, pe }: PlacedPe, unit: Datapath): Omit<Anonymous, 'id'>[] {
  const scope = `pe_${row}_${col}`;
  const live: Omit<Anonymous, 'id'> = {
    scope,
    ...vector('live', Math.ceil(Math.log2(unit.lanes + 1))),
    read: (registers) => registers.live[pe],
  };
  return [live, ...signalsOf(unit).flatMap((signal) => codeAndValue(signal, scope, pe))];
}

function codeAndValue({ name, format, codeAt }: Signal, scope: string, pe: number): Omit<Anonymous, 'id'>[] {
  const decode = decoderOf(format);
  const read = (registers: Registers) => codeAt(registers, pe);
  return [
    { scope, read, ...vector(name, widthOf(format)) },
    {
      scope,
      read,
      declaration: (id) => `$var real 64 ${id} ${name}_value $end\n`,
      text: (code, id) => `r${realText(decode(code))} ${id}\n`,
    },
  ];
}

function vector(name: string, width: number): Pick<Anonymous, 'declaration' | 'text'> {
  if (width === 1)
    return { declaration: (id) => `$var wire 1 ${id} ${name} $end\n`, text: (code, id) => `${code}${id}\n` };
  return {
    declaration: (id) => `$var wire ${width} ${id} ${name} [${width - 1}:0] $end\n`,
    text: (code, id) => `b${code.toString(2)} ${id}\n`,
  };
}

function* identified(variables: readonly Omit<Anonymous, 'id'>[]): Generator<Variable> {
  for (const [i, { declaration, text, ...rest }] of variables.entries()) {
    const id = idOf(i);
    yield { ...rest, id, declaration: declaration(id), text: (code) => text(code, id) };
  }
}

/** As C's printf writes it, and scanf reads it. */
function realText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

/** Short names of printable characters, `!` to `~`. */
function idOf(index: number): string {
  const digit = String.fromCharCode(33 + (index % 94));
  return index < 94 ? digit : `${idOf(Math.floor(index / 94) - 1)}${digit}`;
}

/** Variables of one scope follow one another. */
function headerOf(unit: Datapath, variables: readonly Variable[], clock: string, counter: string): string {
  const lines = variables.map(({ scope, declaration }, i) => {
    const begins = scope !== variables[i - 1]?.scope;
    const ends = scope !== variables[i + 1]?.scope;
    return `${begins ? `$scope module ${scope} $end\n` : ''}${declaration}${ends ? '$upscope $end\n' : ''}`;
  });
  return [
    `$version lastbit: datapath ${unit.name.replaceAll('$', '')} $end\n$timescale 1ns $end\n$scope module array $end\n`,
    `$var wire 1 ${clock} clk $end\n$var wire 32 ${counter} cycle [31:0] $end\n`,
    ...lines,
    '$upscope $end\n$enddefinitions $end\n',
  ].join('');
}
