import { decode, encode, fitTo } from '../formats/codec.js';
import { type Format, hexDigitsOf, widthOf, hexCode } from '../formats/format.js';
import { landmarksOf } from '../formats/landmarks.js';
import { latticeOf } from '../formats/lattice.js';
import { NAN, toDecimal, toNumber } from '../formats/raw.js';
import { disputesOf, overflowRules } from '../formats/rules.js';
import { print, printTable } from './terminal.js';

/** Formats of at most this many bits are shown with all their codes. */
const WHOLE_TABLE_BITS = 8;

export interface CodeRow {
  code: string;
  value: string;
  name?: string;
}

/** Everything about a format, for machines. */
export function formatReport(format: Format): object {
  return { ...format, widthBits: widthOf(format), range: rangeOf(format), codes: codesOf(format) };
}

function rangeOf(format: Format) {
  const lattice = latticeOf(format);
  const largest = toDecimal(lattice.valueAt(lattice.maxIndex(false)));
  const negative = lattice.maxIndex(true);
  const lowest =
    negative < 0n ? '0' : toDecimal({ ...lattice.valueAt(negative), sign: negative > 0n || format.kind === 'table' });
  const first = lattice.valueAt(0n).significand === 0n ? lattice.next(0n) : 0n;
  return { largest, lowest, smallest: toNumber(lattice.valueAt(first)) };
}

/** All codes of a narrow format; the landmarks of a wide one. */
function codesOf(format: Format): CodeRow[] {
  const digits = hexDigitsOf(format);
  const names = new Map(landmarksOf(format).map(({ code, name }) => [code, name]));
  const wide = widthOf(format) > WHOLE_TABLE_BITS;
  const codes = wide ? [...names.keys()] : Array.from({ length: 2 ** widthOf(format) }, (_, i) => BigInt(i));
  return codes.map((code) => {
    const name = names.get(code);
    const row = { code: hexCode(code, digits), value: valueText(format, code) };
    return name === undefined ? row : { ...row, name };
  });
}

/** The exact decimal where it is short, else the nearest float64. */
function valueText(format: Format, code: bigint): string {
  if (format.kind === 'table' && format.values[Number(code)] === null) return 'not used';
  const raw = decode(format, code);
  const exact = toDecimal(raw);
  return exact.length <= 24 || format.kind === 'int' ? exact : String(toNumber(raw));
}

/** `show <format>` on the terminal. */
export function showFormat(format: Format, wide: boolean): void {
  const { largest, lowest, smallest } = rangeOf(format);
  print(`format ${format.name}, ${widthOf(format)} bits`);
  for (const [field, value] of Object.entries(format))
    if (!['name', 'kind', 'values'].includes(field)) print(`  ${field}: ${String(value)}`);
  print(`  range: ${lowest} to ${largest}; smallest magnitude ${smallest}`);
  print(`  NaN becomes ${valueText(format, encode(NAN, fitTo(format)).code)}`);
  print('  overflow, where values are rounded to nearest:');
  for (const { policies, rule } of overflowRules(format)) print(`    ${policies.join(', ')}: ${rule}`);
  for (const dispute of disputesOf(format)) print(`  disputed: ${dispute}`);
  print('');
  const codes = codesOf(format);
  if (widthOf(format) > WHOLE_TABLE_BITS || codes.length <= 32) {
    printTable<CodeRow>(
      [
        { title: 'code', value: (row) => row.code },
        { title: 'value', value: (row) => row.value },
        { title: 'landmark', value: (row) => row.name ?? '' },
      ],
      codes,
      wide,
    );
    return;
  }
  print(codeGrid(codes));
}

const COLUMNS = 8;

/** Codes in eight columns, top to bottom, so that 256 of them fit on one screen. */
function codeGrid(codes: readonly CodeRow[]): string {
  const height = Math.ceil(codes.length / COLUMNS);
  const cell = (row: number, column: number) => codes[column * height + row];
  const widths = Array.from({ length: COLUMNS }, (_, column) =>
    Math.max(...Array.from({ length: height }, (_, row) => cell(row, column)?.value.length ?? 0)),
  );
  return Array.from({ length: height }, (_, row) =>
    widths
      .flatMap((width, column) => {
        const entry = cell(row, column);
        return entry === undefined ? [] : [`${entry.code.slice(2)} ${entry.value.padStart(width)}`];
      })
      .join('   '),
  ).join('\n');
}
