import { type Datapath, totalFitOf } from '../../datapaths/datapath.js';
import { describeDatapath } from '../../datapaths/describe.js';
import { resultFormatOf } from '../../datapaths/exact.js';
import type { Order } from '../../datapaths/order.js';
import { type Operands, randomOfRows, reduce } from '../../datapaths/reference.js';
import { requantize } from '../../datapaths/requantize.js';
import { type PortBank, bankWriter, portEntries } from './portBank.js';
import { type Coverage, coverageOf, coverageReport } from './directed/coverage.js';
import { unitRows } from './directed/rows.js';
import { writingSet } from '../files/fileSet.js';
import { manifestText, type Provenance, type UnitManifest, SCHEMA_VERSION } from './manifest.js';
import type { Port } from '../words/port.js';
import { type RowCodes, exhaustiveCount, exhaustiveRows } from './stimulus.js';
import { testbench } from './testbench.js';
import { type VectorFormat, WORD_FORMATS, type WordFormatName } from '../words/index.js';

/** What a set of golden vectors holds. */
export interface VectorOptions {
  /** Products in a row. */
  k: number;
  /** Rows, or every combination of the operands' codes. */
  count: number | 'exhaustive';
  seed: number;
  format: VectorFormat;
  /** Name of the module that the testbench instantiates. */
  module: string;
}

/** The ports that a datapath's unit has for a dot product of k products: inputs in order, and the result. */
export function portsOf(datapath: Datapath, k: number): { inputs: Port[]; result: Port } {
  const { a, b, blockScale } = datapath;
  const scale = (name: string): Port[] =>
    blockScale === undefined ? [] : [{ name, format: blockScale.format, lanes: Math.ceil(k / blockScale.size) }];
  return {
    inputs: [
      { name: 'a', format: a, lanes: k },
      { name: 'b', format: b, lanes: k },
      { name: 'c', format: totalFitOf(datapath).format, lanes: 1 },
      ...scale('a_scales'),
      ...scale('b_scales'),
    ],
    result: { name: 'expected', format: resultFormatOf(datapath), lanes: 1 },
  };
}

/** Rows between two looks at the clock, so that a signal is heard. */
const ROWS_A_TURN = 2048;

/**
 * Writes a set of golden vectors into a folder: one file a port, a manifest, and where the files are memory images a
 * testbench. Rows are streamed; the set appears whole or not at all.
 * @param onRows told how many rows are done, now and then
 * @throws RangeError when the operands are too many to be exhausted
 */
export async function writeVectors(
  datapath: Datapath,
  options: VectorOptions,
  folder: string,
  provenance: Provenance,
  onRows: (done: number, total: number) => void = () => {},
): Promise<UnitManifest> {
  const { k, count, seed, format } = options;
  const { inputs, result } = portsOf(datapath, k);
  const rows = count === 'exhaustive' ? exhaustiveCount(inputs) : count;
  const coverage = coverageOf(datapath);
  const stimulus =
    count === 'exhaustive' ? exhaustiveRows(inputs, seed) : unitRows(datapath, inputs, count, seed, coverage);
  const bank: PortBank = { name: 'vectors', ports: [...inputs, result], depth: rows };
  return writingSet(folder, async (set) => {
    const writer = bankWriter(set, format, bank);
    const expected = expecter(datapath, coverage);
    let done = 0;
    for (const codes of stimulus) {
      writer.row([...codes, [expected(codes)]]);
      if (++done % ROWS_A_TURN === 0) {
        onRows(done, rows);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    writer.end();
    if (format === 'readmemh' || format === 'readmemb')
      set.open('tb.sv').write(benchText(datapath, options, inputs, result, rows));
    const manifest: UnitManifest = {
      schemaVersion: SCHEMA_VERSION,
      kind: 'unit',
      ...provenance,
      ...describeUnit(datapath, datapath.order),
      k,
      rows,
      stimulus: count === 'exhaustive' ? 'exhaustive' : 'landmarks, directed, then random',
      seed,
      coverage: coverageReport(coverage),
      format,
      ports: portEntries(bank, format, (port) => ({ direction: port === result ? 'out' : 'in' })),
      files: set.entries(),
    };
    set.open('manifest.json').write(manifestText(manifest));
    return manifest;
  });
}

/** A unit and its order, as a manifest has them. */
export function describeUnit(datapath: Datapath, order: Order): { datapath: unknown; order: unknown } {
  return {
    datapath: describeDatapath(datapath),
    order: describeDatapath({ ...datapath, order }).order ?? { kind: 'sequential' },
  };
}

/** The definition of a unit, row by row in order. @param coverage is told what each row reaches */
export function expecter(datapath: Datapath, coverage: Coverage): (codes: RowCodes) => bigint {
  const randomOf = randomOfRows(datapath);
  // The sum is wanted on its own, for what the requantization rounds.
  const { requantize: stage, ...whole } = datapath;
  const sumFormat = resultFormatOf(whole);
  return ([a, b, [c], aScales, bScales]) => {
    const operands: Operands = { a, b, c, ...(aScales && { aScales }), ...(bScales && { bScales }) };
    coverage.begin(c);
    const { code } = reduce(whole, operands, datapath.order, randomOf(), coverage.watch);
    coverage.end(code);
    return stage === undefined ? code : requantize(stage, sumFormat, code);
  };
}

function benchText(
  datapath: Datapath,
  { module, k, format }: VectorOptions,
  inputs: readonly Port[],
  result: Port,
  rows: number,
): string {
  return testbench({
    module,
    title: `datapath ${datapath.name}: ${k} ${k === 1 ? 'product' : 'products'} of ${datapath.a.name} x ${datapath.b.name} a row, to ${result.format.name}`,
    inputs,
    result,
    rows,
    extension: WORD_FORMATS[format as WordFormatName].extension,
    readTask: format === 'readmemh' ? '$readmemh' : '$readmemb',
  });
}
