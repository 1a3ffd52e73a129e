import { describeFormat } from '../../datapaths/describe.js';
import { widthOf } from '../../formats/format.js';
import type { FileSet } from '../files/fileSet.js';
import type { PortEntry } from './manifest.js';
import { type Port, wordBits } from '../words/port.js';
import type { RowCodes } from './stimulus.js';
import { csv } from '../words/csv.js';
import { type VectorFormat, WORD_FORMATS, WORD_KINDS } from '../words/index.js';

/** Ports whose words share their addresses, as memory images. */
export interface PortBank {
  /** Of the CSV file. */
  name: string;
  ports: readonly Port[];
  /** Words of each port. */
  depth: number;
}

/** A file of a bank, as a stream of rows. */
interface BankFile {
  name: string;
  begin: string | Uint8Array;
  row(codes: RowCodes, address: number, last: boolean): string | Uint8Array;
  end: string;
}

function filesOf({ name, ports, depth }: PortBank, format: VectorFormat): BankFile[] {
  if (format === 'csv') return [{ name: `${name}.csv`, begin: csv.begin(ports), row: csv.row(ports), end: '' }];
  const words = WORD_FORMATS[format];
  return ports.map((port, i) => ({
    name: fileNameOf(name, port, format),
    begin: words.begin(port, depth),
    row: (codes, address, last) => words.word(port, codes[i], address, last),
    end: words.end(port),
  }));
}

function fileNameOf(bank: string, port: Port, format: VectorFormat): string {
  return `${format === 'csv' ? bank : port.name}.${WORD_KINDS[format].extension}`;
}

/** Takes a bank's rows one by one and writes them at once, so that memory stays flat. */
export interface BankWriter {
  /** A word of each port, in their order. */
  row(codes: RowCodes): void;
  /** @throws Error unless as many rows came as were announced */
  end(): void;
}

export function bankWriter(set: FileSet, format: VectorFormat, bank: PortBank): BankWriter {
  const files = filesOf(bank, format).map((file) => ({ ...file, sink: set.open(file.name) }));
  for (const { sink, begin } of files) sink.write(begin);
  let address = 0;
  return {
    row(codes) {
      for (const file of files) file.sink.write(file.row(codes, address, address === bank.depth - 1));
      address++;
    },
    end() {
      if (address !== bank.depth) throw new Error(`bank ${bank.name}: ${bank.depth} words announced, ${address} came`);
      for (const { sink, end } of files) sink.write(end);
    },
  };
}

/** What a manifest says of a bank's ports. */
export function portEntries(
  bank: PortBank,
  format: VectorFormat,
  more: (port: Port) => Pick<PortEntry, 'direction'> & Partial<PortEntry>,
): PortEntry[] {
  return bank.ports.map((port) => ({
    name: port.name,
    file: fileNameOf(bank.name, port, format),
    format: isBit(port) ? 'bit' : describeFormat(port.format),
    lanes: port.lanes,
    wordBits: wordBits(port),
    depth: bank.depth,
    ...more(port),
  }));
}

/** Control bits have no value: they are told from numbers of one bit. */
function isBit({ format }: Port): boolean {
  return format.kind === 'int' && widthOf(format) === 1;
}
