import { hexDigitsOf, type Format, hexCode } from '../formats/format.js';
import type { Datapath } from '../datapaths/datapath.js';
import { decoderOf } from '../datapaths/kernel/index.js';
import type { CycleObserver } from '../arrays/clocked.js';
import type { MacArray } from '../arrays/dataflow.js';
import { csvWriter } from './csv.js';
import type { Sink } from './file.js';
import { isIn, pesIn, type Window } from './signals.js';
import type { Cell } from './table.js';

/**
 * A row for each cycle and PE of the window: the operands that met at the PE and the sum that it registered, as codes and
 * as values. PEs that idle in a cycle have empty operands. A PE with several lanes has its first and the number of those
 * that carried a product.
 *
 * @returns an observer; its `end` gives the number of rows written
 */
export function traceCsv(
  sink: Sink,
  array: MacArray,
  unit: Datapath,
  window: Window,
): CycleObserver & { end(): number } {
  const a = cellsOf(unit.a);
  const b = cellsOf(unit.b);
  const sum = cellsOf(unit.sum.format);
  const csv = csvWriter(sink, ['cycle', 'row', 'col', 'lanes', 'aCode', 'a', 'bCode', 'b', 'sumCode', 'sum']);
  const pes = pesIn(window, array);
  let written = 0;
  return {
    cycle(cycle, registers) {
      if (!isIn(window, cycle)) return;
      for (const { row, col, pe } of pes) {
        const live = registers.live[pe];
        const operands = live > 0 ? [...a(registers.a[pe * unit.lanes]), ...b(registers.b[pe * unit.lanes])] : IDLE;
        csv.row([cycle, row, col, live, ...operands, ...sum(registers.sum[pe])]);
      }
      written += pes.length;
    },
    end() {
      csv.end();
      return written;
    },
  };
}

const IDLE: readonly Cell[] = ['', '', '', ''];

/** A code's two cells: 0x and hex, and its value (text where it is not finite). */
function cellsOf(format: Format): (code: number) => readonly Cell[] {
  const digits = hexDigitsOf(format);
  const decode = decoderOf(format);
  return (code) => {
    const value = decode(code);
    return [hexCode(code, digits), Number.isFinite(value) ? value : String(value)];
  };
}
