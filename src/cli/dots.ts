import { counted } from '../text/plural.js';
import { type Datapath, totalFitOf } from '../datapaths/datapath.js';
import { errorUlp, exactSum, resultFormatOf } from '../datapaths/exact.js';
import { type Operands, randomOfRows, reduce } from '../datapaths/reference.js';
import { decode, flagNames } from '../formats/codec.js';
import { hexCode, hexDigitsOf } from '../formats/format.js';
import { toDecimal } from '../formats/raw.js';
import { codeAt, codesAt, columnOf, optionalColumn, type Row, type Table } from './rows.js';

/** Rows of dot products: columns a and b hold codes separated by spaces; c, a_scales and b_scales may be there. */
export function operandReader(datapath: Datapath, table: Table): (row: Row) => Operands {
  const [a, b] = [columnOf(table, 'a'), columnOf(table, 'b')];
  const c = optionalColumn(table, 'c');
  const scales = (['a_scales', 'b_scales'] as const).map((name) => optionalColumn(table, name));
  if (scales.some((column) => column !== undefined) && datapath.blockScale === undefined)
    throw new Error(`${table.path} has scales, and ${datapath.name} reads none: drop the columns or add blockScale`);
  return (row) => {
    const operands: Operands = {
      a: codesAt(table, row, a, datapath.a),
      b: codesAt(table, row, b, datapath.b),
    };
    const { length } = operands.a;
    if (length !== operands.b.length)
      throw new Error(
        `${table.path}:${row.line}: a has ${counted(length, 'code')} and b ${operands.b.length}; give as many`,
      );
    if (c !== undefined && (row.fields[c] ?? '').trim() !== '')
      operands.c = codeAt(table, row, c, totalFitOf(datapath).format);
    const [aScales, bScales] = scales.map((column) => scalesAt(datapath, table, row, column, length));
    return { ...operands, ...(aScales && { aScales }), ...(bScales && { bScales }) };
  };
}

function scalesAt(datapath: Datapath, table: Table, row: Row, column: number | undefined, length: number) {
  const { blockScale } = datapath;
  if (column === undefined || blockScale === undefined) return undefined;
  const codes = codesAt(table, row, column, blockScale.format);
  const needed = Math.ceil(length / blockScale.size);
  if (codes.length === needed) return codes;
  throw new Error(
    `${table.path}:${row.line}: column "${table.header.fields[column].trim()}" has ${counted(codes.length, 'scale')}; ${counted(length, 'code')} in blocks of ${blockScale.size} need ${needed}`,
  );
}

export interface Dot {
  operands: Operands;
  code: bigint;
  /** The result's code in hex. */
  result: string;
  /** Exact decimal; empty where it is infinite or NaN, as the result's code says. */
  exact: string;
  /** Empty where either is. */
  errorUlp: string;
  flags: string;
  swamped: number;
  overflowed: number;
}

/** Computes the rows of a table in order; stochastic rounding draws across rows, or each row has its own register. */
export function evaluator(datapath: Datapath, table: Table): (row: Row) => Dot {
  const read = operandReader(datapath, table);
  const format = resultFormatOf(datapath);
  const digits = hexDigitsOf(format);
  const randomOf = randomOfRows(datapath);
  return (row) => {
    const operands = read(row);
    const { code, flags, swamped, overflowed } = reduce(datapath, operands, datapath.order, randomOf());
    const exact = exactSum(datapath, operands);
    return {
      operands,
      code,
      result: hexCode(code, digits),
      exact: exact.kind === 'finite' ? toDecimal(exact) : '',
      errorUlp: finiteText(errorUlp(format, exact, decode(format, code))),
      flags: flagNames(flags),
      swamped,
      overflowed,
    };
  };
}

function finiteText(value: number): string {
  return Number.isFinite(value) ? String(value) : '';
}
