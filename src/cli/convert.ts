import { randomBitsOf } from '../datapaths/reference.js';
import { convert, type Encoded, flagNames } from '../formats/codec.js';
import { hexDigitsOf, hexCode } from '../formats/format.js';
import { fitFrom, fitOptions, formatFrom, inputOption, jsonOption, outputOption } from './arguments.js';
import { command } from './command.js';
import { codeAt, columnOf, openTable } from './rows.js';
import { addTo } from './rowsJson.js';

/** `convert`: codes of one format in a CSV file become codes of another. */
export const convertCommand = command({
  options: {
    from: { type: 'string', demandOption: true, describe: 'format of the column "code"' },
    to: {
      type: 'string',
      demandOption: true,
      describe: 'format of the column "result"; ties of e8m0fnu go to even, in ml_dtypes and ONNX up, as rna does',
    },
    ...fitOptions,
    input: inputOption,
    output: outputOption,
    json: jsonOption,
  },
  reads: ['input'],
  writes: { output: 'file' },
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
    const digits = hexDigitsOf(fit.format);
    await addTo(args.json)(table, args.output, RESULT, (row) =>
      resultCells(convert(from, codeAt(table, row, column, from), fit, random), digits),
    );
  },
});

/** Cells of the columns `result` and `flags`. */
export const RESULT = ['result', 'flags'];
export function resultCells({ code, flags }: Encoded, digits: number): string[] {
  return [hexCode(code, digits), flagNames(flags)];
}
