import { OPERANDS, operate, type ScalarOp } from '../datapaths/scalar.js';
import { randomBitsOf } from '../datapaths/reference.js';
import { hexDigitsOf } from '../formats/format.js';
import { datapathFrom, fitFrom, fitOptions, formatsFrom, inputOption, jsonOption, outputOption } from './arguments.js';
import { command } from './command.js';
import { RESULT, resultCells } from './convert.js';
import { evaluator } from './dots.js';
import { UsageError } from './errors.js';
import { codeAt, columnOf, openTable } from './rows.js';
import { addTo } from './rowsJson.js';

const OPS = Object.keys(OPERANDS) as ScalarOp[];

/** `eval`: what a unit gives for operands in a CSV file; one operation, or a whole datapath's dot products. */
export const evalCommand = command({
  options: {
    op: { type: 'string', choices: OPS, describe: 'operation on the columns a, b and c; fma is a * b + c' },
    formats: { type: 'string', describe: "formats of the operands and then the result's, separated by commas" },
    datapath: { type: 'string', describe: 'datapath by name or file; a and b are then codes separated by spaces' },
    ...fitOptions,
    input: inputOption,
    output: outputOption,
    json: jsonOption,
  },
  reads: ['input', 'datapath'],
  writes: { output: 'file' },
  examples: [
    ['eval --op fma --formats e4m3fn,e4m3fn,fp16,fp16 --input in.csv --output out.csv', 'a fused multiply-add'],
    ['eval --datapath my-unit.yaml --input ops.csv --output res.csv', 'what should my unit give?'],
    ['eval --datapath fp8-fp16 --input ops.csv', 'a unit of the catalogue'],
  ],
  async run(args) {
    if ((args.op === undefined) === (args.datapath === undefined))
      throw new UsageError('eval needs either --op with --formats, or --datapath');
    if (args.datapath !== undefined) {
      const own = ['formats', ...Object.keys(fitOptions)].find((name) => args[name as 'formats'] !== undefined);
      if (own !== undefined)
        throw new UsageError(`--${own} goes with --op: a datapath has its own; leave it out, or edit a datapath file`);
      return evalDatapath(args.datapath, args.input, args.output, args.json);
    }
    const op = args.op as ScalarOp;
    const formats = formatsFrom(args.formats ?? '', '--formats');
    const operands = OPERANDS[op];
    if (formats.length !== operands + 1)
      throw new UsageError(
        `--op ${op} needs ${operands + 1} --formats, ${operands} of operands and the result's; found ${formats.length}`,
      );
    const fit = fitFrom(args, formats[operands]);
    const random = randomBitsOf(fit.rounding);
    const table = await openTable(args.input);
    const columns = ['a', 'b', 'c'].slice(0, operands).map((name) => columnOf(table, name));
    const digits = hexDigitsOf(fit.format);
    await addTo(args.json)(table, args.output, RESULT, (row) => {
      const codes = columns.map((column, i) => codeAt(table, row, column, formats[i]));
      return resultCells(operate(op, formats, codes, fit, random), digits);
    });
  },
});

const ADDED = ['result', 'exact', 'error_ulp', 'flags', 'swamped', 'overflowed'];
/** Of these; the exact sum has more digits than a float64 and stays text. */
const NUMBERS = ['error_ulp', 'swamped', 'overflowed'];

async function evalDatapath(nameOrFile: string, input: string, output: string, json: boolean): Promise<void> {
  const datapath = datapathFrom(nameOrFile);
  const table = await openTable(input);
  const evaluate = evaluator(datapath, table);
  await addTo(json, NUMBERS)(table, output, ADDED, (row) => {
    const { result, exact, errorUlp, flags, swamped, overflowed } = evaluate(row);
    return [result, exact, errorUlp, flags, swamped, overflowed];
  });
}
