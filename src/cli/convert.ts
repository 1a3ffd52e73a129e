import { randomBitsOf } from '../datapaths/reference.js';
import { convert, type Encoded, flagNames } from '../formats/codec.js';
import { hexDigitsOf } from '../formats/format.js';
import { fitFrom, fitOptions, formatFrom, inputOption, outputOption } from './arguments.js';
import { command } from './command.js';
import { codeAt, columnOf, openTable, refuseColumns, type Row, type Table } from './rows.js';
import { writingTo } from './terminal.js';

/** `convert`: codes of one format in a CSV file become codes of another. */
export const convertCommand = command({
  usage: 'convert',
  summary: 'Convert codes from one number format to another, with flags',
  options: {
    from: { type: 'string', demandOption: true, describe: 'format of the column "code"' },
    to: { type: 'string', demandOption: true, describe: 'format of the column "result"' },
    ...fitOptions,
    input: inputOption,
    output: outputOption,
  },
  examples: [
    ['convert --from fp32 --to e4m3fn --overflow saturate --input in.csv --output out.csv', 'codes of fp32 to OCP fp8'],
    ['convert --from fp16 --to int8 --rounding rtz --overflow saturate --input -', 'from standard input to output'],
  ],
  async run(args) {
    const from = formatFrom(args.from, '--from');
    const fit = fitFrom(args, formatFrom(args.to, '--to'));
    const random = randomBitsOf(fit.rounding);
    const table = await openTable(args.input);
    const column = columnOf(table, 'code');
    await addResults(table, args.output, hexDigitsOf(fit.format), (row) =>
      convert(from, codeAt(table, row, column, from), fit, random),
    );
  },
});

/** Writes each row as it came, with the columns `result` and `flags` added. */
export async function addResults(
  table: Table,
  output: string,
  digits: number,
  resultOf: (row: Row) => Encoded,
): Promise<void> {
  refuseColumns(table, ['result', 'flags']);
  await writingTo(output, async (sink) => {
    sink.write(`${table.header.text},result,flags\n`);
    for await (const row of table.rows) {
      const { code, flags } = resultOf(row);
      sink.write(`${row.text},0x${code.toString(16).padStart(digits, '0')},${flagNames(flags)}\n`);
    }
  });
}
