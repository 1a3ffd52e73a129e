import { readCsvTable } from './csvTable.js';
import { divide } from './divide.js';
import { isIdx, readIdxArray } from './idxArray.js';
import type { ClassLabels } from './labels.js';
import { isNpy, readNpy } from './npy.js';
import type { NumberArray } from './numbers.js';
import { portText, sizeBehind } from './ports.js';
import type { DataLayout, PortShape, SampleColumn } from './samples.js';
import { readTensorFile } from './tensorFile.js';

/** Axes of an image input, whose numbers in CSV are bytes where all of them could be. */
const IMAGE_RANK = 4;

/** An array for one port. @param row what a row of the file is called in messages; `x.npy[5]` by default */
export function arrayColumn(
  array: NumberArray,
  port: PortShape,
  { path, layout, row }: { path: string; layout?: DataLayout; row?: (i: number) => string },
): SampleColumn {
  const { count, rows, part } = divide(array, port, layout, path);
  const rowsOf = (i: number) => (rows === 1 ? `${i}` : `${i * rows}..${(i + 1) * rows - 1}`);
  const place = row === undefined ? (i: number) => `${path}[${rowsOf(i)}]` : (i: number) => row(i * rows);
  return { count, rows, part, pixels: array.type === 'uint8', place };
}

/** A file of one array. `labels` only of CSV, which may have them among its columns. */
export interface ArrayColumn extends ClassLabels {
  column: SampleColumn;
}

/**
 * A file of one array, known by its first bytes or, where they tell nothing, by its name: .npy, IDX, an ONNX TensorProto
 * (.pb), CSV.
 * @param file its bytes, those of a .gz unpacked
 * @throws Error with one line that begins with the path
 */
export function readArrayColumn(file: Uint8Array, path: string, port: PortShape, layout?: DataLayout): ArrayColumn {
  const name = path.toLowerCase().replace(/\.gz$/, '');
  if (isNpy(file)) return { column: arrayColumn(readNpy(file, path), port, { path, layout }) };
  if (name.endsWith('.pb')) {
    const column = arrayColumn(readTensorFile(file, path).array, port, { path, layout });
    return { column: { ...column, pixels: false } };
  }
  if (isIdx(file)) return { column: arrayColumn(readIdxArray(file, path), port, { path, layout }) };
  if (name.endsWith('.csv')) return csvColumn(file, path, port, layout);
  throw new Error(
    `${path} is of no kind that is read as data: .npy, .npz, .csv, IDX, .pb (an ONNX TensorProto), .png and .jpg are`,
  );
}

function csvColumn(file: Uint8Array, path: string, port: PortShape, layout?: DataLayout): ArrayColumn {
  const table = readCsvTable(file, path, sizeBehind(port.shape), portText(port));
  const { values, width, lines, labels, classes, bytes } = table;
  const shape = port.shape.length === 1 && width === 1 ? [lines.length] : [lines.length, width];
  const row = (i: number) => `${path}:${lines[i]}`;
  const array: NumberArray = { type: 'float64', shape, data: values };
  const column = arrayColumn(array, port, { path, layout, row });
  return { column: { ...column, pixels: bytes && port.shape.length === IMAGE_RANK }, labels, classes };
}
