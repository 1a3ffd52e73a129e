import { hexDigitsOf, type Format } from '../formats/format.js';
import type { Datapath } from '../datapaths/datapath.js';
import { decoderOf } from '../datapaths/kernel/index.js';
import type { CycleObserver } from '../arrays/clocked.js';
import type { MacArray } from '../arrays/dataflow.js';
import { csvWriter, hexCell } from './csv.js';
import type { Sink } from './file.js';
import type { Cell } from './table.js';

/** Which cycles and PEs a trace shows; all bounds are included. */
export interface Window {
  cycles: readonly [number, number];
  rows: readonly [number, number];
  cols: readonly [number, number];
}

/**
 * A row for each cycle and PE of the window: the operands that met at the PE and the sum that it registered, as codes and
 * as values. PEs that idle in a cycle have empty operands. A PE with several lanes has its first and the number of those
 * that carried a product.
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
  let written = 0;
  return {
    cycle(cycle, registers) {
      if (cycle < window.cycles[0] || cycle > window.cycles[1]) return;
      for (let row = window.rows[0]; row <= window.rows[1]; row++)
        for (let col = window.cols[0]; col <= window.cols[1]; col++) {
          const pe = row * array.cols + col;
          const live = registers.live[pe];
          const operands = live > 0 ? [...a(registers.a[pe * unit.lanes]), ...b(registers.b[pe * unit.lanes])] : IDLE;
          csv.row([cycle, row, col, live, ...operands, ...sum(registers.sum[pe])]);
          written++;
        }
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
    return [hexCell(code, digits), Number.isFinite(value) ? value : String(value)];
  };
}
