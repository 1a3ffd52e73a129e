/** Lines of CSV as places in the file's bytes: a file of numbers is too long for a string for each of its lines. */
export interface CsvLine {
  first: number;
  end: number;
  /** From 1. */
  number: number;
}

const [RETURN, NEWLINE] = [13, 10];

/** UTF-8's byte-order mark, which spreadsheets write. */
const BOM = [0xef, 0xbb, 0xbf];

/** A CSV file's bytes and those of its lines that hold anything; a first line of names stands apart. */
export function csvLines(file: Uint8Array): { bytes: Uint8Array; header?: CsvLine; rows: CsvLine[] } {
  const bytes = BOM.every((byte, i) => file[i] === byte) ? file.subarray(BOM.length) : file;
  const [first, ...rest] = filledLines(bytes);
  if (first === undefined) return { bytes, rows: [] };
  return isHeader(bytes, first) ? { bytes, header: first, rows: rest } : { bytes, rows: [first, ...rest] };
}

/** The text of a line, between commas. */
export function fieldTexts(bytes: Uint8Array, { first, end }: CsvLine): string[] {
  const text = new TextDecoder().decode(bytes.subarray(first, end));
  return text.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
}

/** Names of columns: words, of which `nan`, `inf` and the like are none, as they stand for numbers. */
function isHeader(bytes: Uint8Array, line: CsvLine): boolean {
  const [name] = fieldTexts(bytes, line);
  return /^[a-z_]/i.test(name) && !/^(nan|inf|infinity|true|false|null|none|na)$/i.test(name);
}

function filledLines(bytes: Uint8Array): CsvLine[] {
  const lines: CsvLine[] = [];
  for (let first = 0, number = 1; first < bytes.length; number++) {
    const found = bytes.indexOf(NEWLINE, first);
    const next = found < 0 ? bytes.length : found;
    const end = next > first && bytes[next - 1] === RETURN ? next - 1 : next;
    if (end > first) lines.push({ first, end, number });
    first = next + 1;
  }
  return lines;
}
