import { counted } from '../text/plural.js';
import { type CsvLine, csvLines, fieldTexts } from './csvLines.js';
import { type ClassLabels, labelsOfWords } from './labels.js';

/** A CSV file of numbers, a sample a line. */
export interface CsvTable extends ClassLabels {
  /** Row-major, `width` numbers a line; without the column of labels. */
  values: Float64Array;
  width: number;
  /** The line of each sample, from 1. */
  lines: Uint32Array;
  /** Whether every number is a byte: whole, from 0 to 255. */
  bytes: boolean;
}

const LABEL = /^(label|labels|class|target)$/i;

/**
 * A line of names may come first. Labels are the column that it calls `label` (or labels, class, target), else the first,
 * where a line has one field more than a sample has numbers; they are whole numbers, or words, whose order is the
 * alphabet's.
 * @param size numbers of a sample; undefined where any number will do, and then only a name tells the labels
 * @param wanted what to say of a width that is neither: `input "x" reads 1x28x28`
 * @throws Error with one line that begins with the path and the line's number
 */
export function readCsvTable(file: Uint8Array, path: string, size: number | undefined, wanted: string): CsvTable {
  const { bytes, header, rows } = csvLines(file);
  if (rows.length === 0) throw new Error(`${path} holds no line of numbers`);
  const fields = fieldTexts(bytes, rows[0]).length;
  const named = header === undefined ? -1 : fieldTexts(bytes, header).findIndex((name) => LABEL.test(name));
  const width = size ?? (named < 0 ? fields : fields - 1);
  if (fields !== width && fields !== width + 1)
    throw new Error(
      `${path}:${rows[0].number}: ${counted(fields, 'field')}, and ${wanted}, ${counted(width, 'number')}: a line has these, and may have a label before them`,
    );
  const labelAt = fields === width ? -1 : Math.max(named, 0);
  const values = new Float64Array(rows.length * width);
  const words: string[] = [];
  rows.forEach((row, i) => {
    const word = readRow(bytes, row, { path, fields, labelAt, into: values.subarray(i * width, (i + 1) * width) });
    if (word !== undefined) words.push(word);
  });
  const lines = Uint32Array.from(rows, (row) => row.number);
  const found = labelAt < 0 ? {} : labelsOfWords(words, (i) => `${path}:${lines[i]}`);
  return { values, width, lines, bytes: values.every((value) => isByte(value)), ...found };
}

const isByte = (value: number): boolean => value >= 0 && value <= 255 && Number.isInteger(value);

interface RowPlan {
  path: string;
  /** Of every line. */
  fields: number;
  /** Which of them is a label; negative where none is. */
  labelAt: number;
  into: Float64Array;
}

/** Numbers of a line into their place; returns the label's text. */
function readRow(bytes: Uint8Array, { first, end, number }: CsvLine, plan: RowPlan): string | undefined {
  const { path, fields, labelAt, into } = plan;
  let label: string | undefined;
  let field = 0;
  for (let at = first; at <= end; field++) {
    const comma = bytes.indexOf(COMMA, at);
    const next = comma < 0 || comma > end ? end : comma;
    const place = labelAt >= 0 && field > labelAt ? field - 1 : field;
    if (field === labelAt) label = textBetween(bytes, at, next);
    else if (place < into.length) {
      const value = numberBetween(bytes, at, next);
      if (value === undefined)
        throw new Error(
          `${path}:${number}: field ${field + 1} is "${textBetween(bytes, at, next)}": a number is wanted`,
        );
      into[place] = value;
    }
    at = next + 1;
  }
  if (field === fields) return label;
  throw new Error(`${path}:${number}: ${counted(field, 'field')}, and ${fields} in the first line of numbers`);
}

const COMMA = 44;
const [ZERO, NINE] = [48, 57];
/** As many digits as are exact when they are added up. */
const EXACT_DIGITS = 15;

/** Most files are of whole numbers, which need no text; undefined where there is no number. */
function numberBetween(bytes: Uint8Array, from: number, to: number): number | undefined {
  let value = 0;
  let at = from;
  for (; at < to && bytes[at] >= ZERO && bytes[at] <= NINE; at++) value = value * 10 + bytes[at] - ZERO;
  return at === to && at > from && to - from <= EXACT_DIGITS ? value : numberOfText(textBetween(bytes, from, to));
}

function numberOfText(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^[+-]?nan$/i.test(text)) return NaN;
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return undefined;
}

const textBetween = (bytes: Uint8Array, first: number, end: number): string =>
  fieldTexts(bytes, { first, end, number: 0 })[0];
