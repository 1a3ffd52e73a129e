import { hexDigitsOf, type Format, hexCode, widthOf } from '../../formats/format.js';
import type { Datapath } from '../../datapaths/datapath.js';
import { decoderOf } from '../../datapaths/kernel/index.js';
import type { CycleObserver } from '../../arrays/clocked.js';
import type { MacArray } from '../../arrays/dataflow.js';
import { csvText } from '../tables/csv.js';
import type { Sink } from '../files/file.js';
import { isIn, pesIn, type TraceWindow } from './signals.js';

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
  window: TraceWindow,
): CycleObserver & { end(): number } {
  const a = cellsOf(unit.a);
  const b = cellsOf(unit.b);
  const sum = cellsOf(unit.sum.format);
  sink.write(csvText(['cycle', 'row', 'col', 'lanes', 'aCode', 'a', 'bCode', 'b', 'sumCode', 'sum'], []));
  const pes = pesIn(window, array).map(({ row, col, pe }) => ({
    pe,
    place: `,${row},${col},`,
    first: pe * unit.lanes,
  }));
  let written = 0;
  return {
    cycle(cycle, registers) {
      if (!isIn(window, cycle)) return;
      let text = '';
      // Put together by hand: a general writer looks at every cell for what codes and numbers never have in them.
      const { live, a: aCodes, b: bCodes, sum: sums } = registers;
      for (const { pe, place, first } of pes) {
        const lanes = live[pe];
        const operands = lanes > 0 ? `${a(aCodes[first])},${b(bCodes[first])}` : IDLE;
        text += `${cycle}${place}${lanes},${operands},${sum(sums[pe])}\n`;
      }
      sink.write(text);
      written += pes.length;
    },
    end: () => written,
  };
}

/** Four empty cells. */
const IDLE = ',,,';

/** Codes whose cells are kept: all of a format of 16 bits, of wider ones those that were last seen. */
const KEPT = 2 ** 16;

/** A code's two cells: 0x and hex, and its value. */
function cellsOf(format: Format): (code: number) => string {
  const digits = hexDigitsOf(format);
  const decode = decoderOf(format);
  const size = Math.min(KEPT, 2 ** widthOf(format));
  const codes = new Float64Array(size).fill(-1);
  const cells = Array<string>(size).fill('');
  return (code) => {
    const at = code & (size - 1);
    if (codes[at] !== code) {
      codes[at] = code;
      cells[at] = `${hexCode(code, digits)},${valueText(decode(code))}`;
    }
    return cells[at];
  };
}

/** As `csvText` writes it: text where it is not finite, of which a spreadsheet would take the minus for a formula. */
function valueText(value: number): string {
  return value === -Infinity ? "'-Infinity" : String(value);
}
