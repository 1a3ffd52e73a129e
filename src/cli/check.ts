import { counted } from '../text/plural.js';
import type { Datapath } from '../datapaths/datapath.js';
import { resultFormatOf } from '../datapaths/exact.js';
import { hexDigitsOf, hexCode } from '../formats/format.js';
import { VECTOR_FORMATS } from '../outputs/words/index.js';
import { datapathFrom, integer, jsonOption, wideOption } from './arguments.js';
import { checkDump, checkFiles, type CheckOptions } from './checkSet.js';
import { command } from './command.js';
import { differenceOf, withoutValue } from './differences.js';
import { evaluator } from './dots.js';
import { UsageError } from './errors.js';
import { conclude, type Finding, newTally, record } from './findings.js';
import { codeAt, columnOf, openTable, optionalColumn, type Row, type Table } from './rows.js';

interface RowFinding extends Finding {
  row: number;
  operands: string;
}

/** `check`: does a unit's dump agree with the model, bit for bit? */
export const checkCommand = command({
  options: {
    manifest: { type: 'string', describe: 'manifest.json of golden vectors; without --dut, its files are checked' },
    datapath: { type: 'string', describe: 'or a datapath by name or file, with --input' },
    input: { type: 'string', describe: 'CSV of operands: columns a, b and maybe c, as eval reads them' },
    dut: {
      type: 'string',
      describe: 'with a manifest, a dump in any kind of vector file; else a CSV with column "result"',
    },
    port: { type: 'string', describe: "with a manifest: the port; default: the dump's name, or the only output" },
    format: { type: 'string', choices: VECTOR_FORMATS, describe: 'kind of the dump; default: told by its ending' },
    first: { type: 'number', default: 10, describe: 'differences to show' },
    'any-nan': { type: 'boolean', default: false, describe: 'take one NaN for another' },
    json: jsonOption,
    wide: wideOption,
  },
  reads: ['manifest', 'datapath', 'input', 'dut'],
  modes: [
    {
      with: ['manifest'],
      refuses: ['datapath', 'input'],
      says: () => '--manifest says what is expected: leave out --datapath and --input',
    },
    {
      without: ['manifest'],
      needs: ['datapath', 'input', 'dut'],
      says: () => 'check needs --manifest, or --datapath with --input and --dut; see "lastbit check --help"',
    },
    { without: ['manifest'], refuses: ['port', 'format'], says: (option) => `--${option} goes with --manifest` },
  ],
  examples: [
    ['check --manifest golden/manifest.json --dut dump.memh', "a simulator's dump, word by word"],
    ['check --manifest golden/manifest.json', 'are the files as they were written?'],
    ['check --datapath my-unit.yaml --input ops.csv --dut dut.csv', 'bit for bit'],
    ['check --datapath fp8-fp32 --input ops.csv --dut dut.csv --any-nan', "NaN codes are the unit's own affair"],
  ],
  async run(args) {
    const { manifest, dut } = args;
    const options = {
      first: integer(args.first, '--first'),
      anyNan: args['any-nan'],
      json: args.json,
      wide: args.wide,
    };
    if (manifest !== undefined) {
      if (dut === undefined) return checkFiles(manifest, args.json);
      return checkDump(manifest, dut, { ...options, port: args.port, kind: args.format });
    }
    // The modes have seen to it that they are given.
    const [datapath, input, rows] = [args.datapath, args.input, dut] as [string, string, string];
    if (input === '-' && dut === '-') throw new UsageError('only one of --input and --dut can be -');
    return checkRows(datapathFrom(datapath), await openTable(input), await openTable(rows), options);
  },
});

async function checkRows(datapath: Datapath, ops: Table, dut: Table, options: CheckOptions) {
  const tally = newTally<RowFinding>();
  const expect = evaluator(datapath, ops);
  const format = resultFormatOf(datapath);
  const column = columnOf(dut, 'result');
  const operandsAgree = operandComparer(ops, dut);
  for await (const [op, got] of pairs(ops, dut)) {
    const row = ++tally.compared;
    operandsAgree(op, got);
    const { code, result } = expect(op);
    const text = (got.fields[column] ?? '').trim();
    const found = /[xz]/i.test(text.replace(/^0x/i, '')) ? undefined : codeAt(dut, got, column, format);
    if (found === code) continue;
    const difference =
      found === undefined ? withoutValue('unknown (x or z)', format, code) : differenceOf(format, code, found);
    if (options.anyNan && difference.kind === 'other code of NaN') continue;
    const gotCode = found === undefined ? text : hexCode(found, hexDigitsOf(format));
    const operands = operandsOf(ops, op);
    record(tally, options.first, { ...difference, row, operands, expectedCode: result, gotCode });
  }
  if (tally.compared === 0) throw new Error(`${ops.path} has no rows: nothing was checked`);
  conclude(tally, options, 'rows', [
    { title: 'row', value: (f) => f.row },
    { title: 'operands', value: (f) => f.operands },
  ]);
}

/** Rows of two tables side by side. @throws Error when one ends before the other */
async function* pairs(ops: Table, dut: Table): AsyncGenerator<[Row, Row]> {
  for (let row = 0; ; row++) {
    const [op, got] = [await ops.rows.next(), await dut.rows.next()];
    if (op.done === true && got.done === true) return;
    if (op.done === true)
      throw new Error(`${dut.path} has more rows than the ${row} of ${ops.path}: they are matched by row`);
    if (got.done === true)
      throw new Error(
        `${dut.path} ends after ${counted(row, 'row')}, and ${ops.path} goes on: they are matched by row`,
      );
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
