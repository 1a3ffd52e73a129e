import { resultFormatOf } from '../datapaths/exact.js';
import { hexDigitsOf } from '../formats/format.js';
import { hexCell } from '../outputs/csv.js';
import { formatTable } from '../outputs/table.js';
import { datapathFrom, inputOption, integer, jsonOption } from './arguments.js';
import { command } from './command.js';
import { type Difference, differenceOf, type Kind, KINDS } from './differences.js';
import { evaluator, numberText } from './dots.js';
import { UsageError, Verdict } from './errors.js';
import { codeAt, columnOf, openTable, optionalColumn, type Row, type Table } from './rows.js';
import { print, printJson } from './terminal.js';

interface Finding extends Difference {
  row: number;
  operands: string;
  expectedCode: string;
  gotCode: string;
}

interface Tally {
  rows: number;
  differences: number;
  kinds: Partial<Record<Kind, number>>;
  first: Finding[];
}

/** `check`: does a unit's dump agree with the model, bit for bit? */
export const checkCommand = command({
  usage: 'check',
  summary: "Compare a unit's dumped results with a datapath; exit code 0 for PASS, 1 for FAIL",
  options: {
    datapath: { type: 'string', demandOption: true, describe: 'datapath by name or file' },
    input: { ...inputOption, describe: 'CSV of operands: columns a, b and maybe c, as eval reads them' },
    dut: { type: 'string', demandOption: true, describe: 'CSV with the unit\'s column "result", row by row' },
    first: { type: 'number', default: 10, describe: 'differences to show' },
    'any-nan': { type: 'boolean', default: false, describe: 'take one NaN for another' },
    json: jsonOption,
  },
  examples: [
    ['check --datapath my-unit.yaml --input ops.csv --dut dut.csv', 'bit for bit'],
    ['check --datapath fp8-fp32 --input ops.csv --dut dut.csv --any-nan', "NaN codes are the unit's own affair"],
  ],
  async run(args) {
    const datapath = datapathFrom(args.datapath);
    if (args.input === '-' && args.dut === '-') throw new UsageError('only one of --input and --dut can be -');
    const first = integer(args.first, '--first');
    const ops = await openTable(args.input);
    const dut = await openTable(args.dut);
    const tally: Tally = { rows: 0, differences: 0, kinds: {}, first: [] };
    const expect = evaluator(datapath, ops);
    const format = resultFormatOf(datapath);
    const column = columnOf(dut, 'result');
    const operandsAgree = operandComparer(ops, dut);
    for await (const [op, got] of pairs(ops, dut)) {
      tally.rows++;
      operandsAgree(op, got);
      const { code, result } = expect(op);
      const found = /[xz]/i.test((got.fields[column] ?? '').replace(/^\s*0x/i, ''))
        ? undefined
        : codeAt(dut, got, column, format);
      if (found === code) continue;
      const difference =
        found === undefined ? unknownTo(differenceOf(format, code, code)) : differenceOf(format, code, found);
      if (args['any-nan'] && difference.kind === 'other code of NaN') continue;
      tally.differences++;
      tally.kinds[difference.kind] = (tally.kinds[difference.kind] ?? 0) + 1;
      if (tally.first.length === first) continue;
      const gotCode = found === undefined ? got.fields[column].trim() : hexCell(found, hexDigitsOf(format));
      tally.first.push({
        ...difference,
        row: tally.rows,
        operands: operandsOf(ops, op),
        expectedCode: result,
        gotCode,
      });
    }
    if (tally.rows === 0) throw new Error(`${args.input} has no rows: nothing was checked`);
    report(tally, args.json);
    if (tally.differences > 0) throw new Verdict('FAIL');
  },
});

/** A word with x or z in it has no value. */
function unknownTo({ expected }: Difference): Difference {
  return { kind: 'unknown (x or z)', expected, got: Number.NaN, ulp: Number.NaN };
}

/** Rows of two tables side by side. @throws Error when one ends before the other */
async function* pairs(ops: Table, dut: Table): AsyncGenerator<[Row, Row]> {
  for (let row = 0; ; row++) {
    const [op, got] = [await ops.rows.next(), await dut.rows.next()];
    if (op.done === true && got.done === true) return;
    if (op.done === true)
      throw new Error(`${dut.path} has more rows than the ${row} of ${ops.path}: they are matched by row`);
    if (got.done === true)
      throw new Error(`${dut.path} ends after ${row} rows, and ${ops.path} goes on: they are matched by row`);
    yield [op.value, got.value];
  }
}

/** Where the dump repeats the operands, they must be the same: else rows were lost or swapped. */
function operandComparer(ops: Table, dut: Table): (op: Row, got: Row) => void {
  const shared = ['a', 'b', 'c'].flatMap((name) => {
    const [x, y] = [optionalColumn(ops, name), optionalColumn(dut, name)];
    return x === undefined || y === undefined ? [] : [{ name, x, y }];
  });
  return (op, got) => {
    for (const { name, x, y } of shared)
      if (plainCodes(op.fields[x]) !== plainCodes(got.fields[y]))
        throw new Error(
          `${dut.path}:${got.line}: column "${name}" differs from ${ops.path}:${op.line}; the rows must be of the same operands, in the same order`,
        );
  };
}

/** Codes without prefix, case and leading zeros. */
function plainCodes(text = ''): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/\b0x0*(?=[0-9a-f])|\b0+(?=[0-9a-f])/g, '');
}

const SHOWN = 60;

function operandsOf(ops: Table, row: Row): string {
  const text = ['a', 'b', 'c']
    .flatMap((name) => {
      const column = optionalColumn(ops, name);
      return column === undefined ? [] : [`${name}=${(row.fields[column] ?? '').trim()}`];
    })
    .join(' ')
    .replace(/\s+/g, ' ');
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
}

function report(tally: Tally, json: boolean): void {
  const verdict = tally.differences === 0 ? 'PASS' : 'FAIL';
  if (json) return printJson({ verdict, ...tally, first: tally.first.map(withTexts) });
  if (tally.differences > 0) {
    print(
      formatTable<Finding>(
        [
          { title: 'row', value: (f) => f.row },
          { title: 'operands', value: (f) => f.operands },
          { title: 'expected', value: (f) => f.expectedCode },
          { title: 'value', value: (f) => numberText(f.expected) },
          { title: 'got', value: (f) => f.gotCode },
          { title: 'value', value: (f) => numberText(f.got) },
          { title: 'ulp', value: (f) => numberText(f.ulp) },
          { title: 'kind', value: (f) => f.kind },
        ],
        tally.first,
      ),
    );
    for (const kind of KINDS) if (tally.kinds[kind] !== undefined) print(`${tally.kinds[kind]} x ${kind}`);
  }
  print(`${verdict}: ${tally.differences} of ${tally.rows} rows differ`);
}

/** JSON has no infinity and no NaN: they are given as text. */
function withTexts(finding: Finding): object {
  return {
    ...finding,
    expected: numberText(finding.expected),
    got: numberText(finding.got),
    ulp: numberText(finding.ulp),
  };
}
