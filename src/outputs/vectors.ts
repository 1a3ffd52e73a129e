import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { type Datapath, totalFitOf } from '../datapaths/datapath.js';
import { describeDatapath, describeFormat } from '../datapaths/describe.js';
import { resultFormatOf } from '../datapaths/exact.js';
import { type Operands, randomBitsOf, reduce } from '../datapaths/reference.js';
import { hexDigitsOf } from '../formats/format.js';
import { hexCell } from './csv.js';
import { AtomicFile, makeFolder } from './file.js';
import { type Manifest, manifestText } from './manifest.js';
import { type Port, wordBits } from './port.js';
import { type Codes, exhaustiveCount, exhaustiveRows, sampledRows } from './stimulus.js';
import { testbench } from './testbench.js';
import { WORD_FORMATS, type WordFormatName } from './words/index.js';

/** What a set of golden vectors holds. */
export interface VectorOptions {
  /** Products in a row. */
  k: number;
  /** Rows, or every combination of the operands' codes. */
  count: number | 'exhaustive';
  seed: number;
  format: WordFormatName | 'csv';
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

/** One file of a set, as a stream of rows. */
interface VectorFile {
  name: string;
  begin: string | Uint8Array;
  row(codes: Codes, address: number, last: boolean): string | Uint8Array;
  end: string;
}

function vectorFiles(format: VectorOptions['format'], ports: readonly Port[], rows: number): VectorFile[] {
  if (format === 'csv') return [csvFile(ports)];
  const words = WORD_FORMATS[format];
  return ports.map((port, i) => ({
    name: `${port.name}.${words.extension}`,
    begin: words.begin(port, rows),
    row: (codes, address, last) => words.word(port, codes[i], address, last),
    end: words.end(port),
  }));
}

/** All ports side by side, as `lastbit eval` reads them. */
function csvFile(ports: readonly Port[]): VectorFile {
  const digits = ports.map(({ format }) => hexDigitsOf(format));
  return {
    name: 'vectors.csv',
    begin: `${ports.map(({ name }) => name).join(',')}\n`,
    row: (codes) => `${codes.map((lanes, i) => lanes.map((code) => hexCell(code, digits[i])).join(' ')).join(',')}\n`,
    end: '',
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
  provenance: Pick<Manifest, 'generator' | 'command'>,
  onRows: (done: number, total: number) => void = () => {},
): Promise<Manifest> {
  const { k, count, seed, format } = options;
  const { inputs, result } = portsOf(datapath, k);
  const rows = count === 'exhaustive' ? exhaustiveCount(inputs) : count;
  const stimulus = count === 'exhaustive' ? exhaustiveRows(inputs, seed) : sampledRows(inputs, count, seed);
  const ports = [...inputs, result];
  makeFolder(folder);
  const set = new FileSet(folder);
  try {
    const files = vectorFiles(format, ports, rows).map((file) => ({ ...file, sink: set.open(file.name) }));
    for (const { sink, begin } of files) sink.write(begin);
    const expected = expecter(datapath);
    let address = 0;
    for (const codes of stimulus) {
      const row = [...codes, [expected(codes)]];
      for (const file of files) file.sink.write(file.row(row, address, address === rows - 1));
      if (++address % ROWS_A_TURN === 0) {
        onRows(address, rows);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    for (const { sink, end } of files) sink.write(end);
    if (format === 'readmemh' || format === 'readmemb')
      set.open('tb.sv').write(benchText(datapath, options, inputs, result, rows));
    const manifest: Manifest = {
      ...provenance,
      datapath: describeDatapath(datapath),
      order: describeDatapath({ ...datapath, order: datapath.order }).order ?? { kind: 'sequential' },
      k,
      rows,
      stimulus: count === 'exhaustive' ? 'exhaustive' : 'landmarks, then random',
      seed,
      format,
      ports: ports.map((port) => ({
        name: port.name,
        direction: port === result ? 'out' : 'in',
        format: describeFormat(port.format),
        lanes: port.lanes,
        wordBits: wordBits(port),
      })),
      files: set.finish(),
    };
    set.open('manifest.json').write(manifestText(manifest));
    set.finish();
    set.commit();
    return manifest;
  } finally {
    set.discard();
  }
}

function expecter(datapath: Datapath): (codes: Codes) => bigint {
  const { rounding } = datapath.sum;
  const perOutput = typeof rounding !== 'string' && rounding.stochastic.perOutput;
  const shared = randomBitsOf(rounding);
  let output = 0;
  return ([a, b, [c], aScales, bScales]) => {
    const operands: Operands = { a, b, c, ...(aScales && { aScales }), ...(bScales && { bScales }) };
    const random = perOutput ? randomBitsOf(rounding, output++) : shared;
    return reduce(datapath, operands, datapath.order, random).code;
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

/** Files that appear together, each with its size and digest. */
class FileSet {
  private readonly folder: string;
  private readonly files: { file: AtomicFile; name: string; hash: Hash; bytes: number }[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  open(name: string): AtomicFile {
    const entry = { name, hash: createHash('sha256'), bytes: 0 };
    const file = new AtomicFile(join(this.folder, name), (chunk) => {
      entry.hash.update(chunk);
      added.bytes += chunk.length;
    });
    const added = { ...entry, file };
    this.files.push(added);
    return file;
  }

  finish(): Manifest['files'] {
    return this.files.map(({ file, name, hash }, i) => {
      file.flush();
      return { name, bytes: this.files[i].bytes, sha256: hash.copy().digest('hex') };
    });
  }

  commit(): void {
    for (const { file } of this.files) file.commit();
  }

  discard(): void {
    for (const { file } of this.files) file.discard();
  }
}
