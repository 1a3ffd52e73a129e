import { createHash } from 'node:crypto';
import { basename, dirname, extname, join } from 'node:path';
import { readDocument } from '../text/document.js';
import { readText } from '../text/read.js';
import { formatField } from '../datapaths/fields.js';
import { int } from '../formats/catalog.js';
import { type Format, hexDigitsOf, hexCode } from '../formats/format.js';
import { didYouMean } from '../text/nearest.js';
import type { VectorFormat } from '../outputs/words/index.js';
import { bytesFrom } from '../text/lines.js';
import { type Manifest, manifestSchema, type PortEntry } from '../outputs/vectors/manifest.js';
import type { Port } from '../outputs/words/port.js';
import { readWords } from '../outputs/words/read.js';
import type { ReadWord } from '../outputs/words/reading.js';
import { differenceOf, withoutValue } from './differences.js';
import { UsageError, Verdict } from './errors.js';
import { conclude, type Finding, newTally, record, type FindingTally } from './findings.js';
import { print, printJson } from './terminal.js';

export interface CheckOptions {
  /** Differences to show. */
  first: number;
  anyNan: boolean;
  json: boolean;
  wide: boolean;
}

interface WordFinding extends Finding {
  address: number;
  lane: number;
}

function readManifest(path: string): Manifest {
  return readDocument(readText(path), path, manifestSchema);
}

/** Are a set's files as they were written? */
export async function checkFiles(path: string, json: boolean): Promise<void> {
  const { files } = readManifest(path);
  const changed: string[] = [];
  for (const { name, sha256 } of files) if ((await digestOf(join(dirname(path), name))) !== sha256) changed.push(name);
  const verdict = changed.length === 0 ? 'PASS' : 'FAIL';
  if (json) printJson({ verdict, files: files.length, changed });
  else {
    for (const name of changed) print(`${name} is not the file that the manifest describes`);
    print(`${verdict}: ${changed.length} of ${files.length} files differ`);
  }
  if (changed.length > 0) throw new Verdict(verdict);
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytesFrom(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** Does a unit's dump agree with a port's expected words, bit for bit? */
export async function checkDump(
  path: string,
  dut: string,
  options: CheckOptions & { port?: string; kind?: VectorFormat },
): Promise<void> {
  const manifest = readManifest(path);
  const entry = portFor(manifest, dut, options.port);
  await refuseChanged(manifest, path, entry.file);
  const port = portOf(entry);
  const open = ({ file }: PortEntry, of: Port) =>
    readWords(join(dirname(path), file), of, manifest.format as VectorFormat);
  const mask = manifest.ports.find(({ name }) => name === entry.valid);
  const dump = () => within(readWords(dut, port, options.kind), dut, entry.depth);
  const files: Files = { expected: () => open(entry, port), mask: () => mask && open(mask, portOf(mask)) };
  const tally =
    (dut === '-' ? undefined : await compared(files, port, options, dump())) ??
    // Standard input is read but once, and addresses that go back are put in order.
    (await compared(files, port, options, inOrder(dump())));
  if (tally === undefined || tally.compared === 0)
    throw new Error(`${entry.file} has no word that means something: nothing was checked`);
  conclude(tally, options, 'codes', [
    { title: 'address', value: (f) => f.address },
    ...(port.lanes > 1 ? [{ title: 'lane', value: (f: WordFinding) => f.lane }] : []),
  ]);
}

/** The expected words, and where a port has a mask what tells which of them mean something, from their beginning. */
interface Files {
  expected(): AsyncGenerator<ReadWord>;
  mask(): AsyncGenerator<ReadWord> | undefined;
}

/** A dump against the expected words, both as streams; undefined where its addresses do not ascend. */
async function compared(
  { expected, mask }: Files,
  { format }: Port,
  options: CheckOptions,
  got: AsyncGenerator<ReadWord, void>,
): Promise<FindingTally<WordFinding> | undefined> {
  const tally = newTally<WordFinding>();
  const valid = mask();
  let next = await got.next();
  for await (const word of expected()) {
    if (next.done !== true && next.value.address < word.address) return undefined;
    const means = (await valid?.next())?.value?.codes as ReadWord['codes'] | undefined;
    const here = next.done !== true && next.value.address === word.address ? next.value : undefined;
    compare(tally, options, format, word, here, means);
    if (here !== undefined) next = await got.next();
  }
  return next.done === true ? tally : undefined;
}

/** Compares the lanes of one word that mean something. */
function compare(
  tally: FindingTally<WordFinding>,
  { first, anyNan }: CheckOptions,
  format: Format,
  { address, codes }: ReadWord,
  got: ReadWord | undefined,
  means: ReadWord['codes'] | undefined,
): void {
  const digits = hexDigitsOf(format);
  for (const [lane, expected] of (codes as bigint[]).entries()) {
    if (means?.[lane] === 0n) continue;
    tally.compared++;
    const found = got?.codes[lane];
    if (found === expected) continue;
    const difference =
      found === undefined
        ? withoutValue(got === undefined ? 'missing' : 'unknown (x or z)', format, expected)
        : differenceOf(format, expected, found);
    if (anyNan && difference.kind === 'other code of NaN') continue;
    const gotCode = found === undefined ? (got === undefined ? '' : 'x') : hexCode(found, digits);
    record(tally, first, { address, lane, ...difference, expectedCode: hexCode(expected, digits), gotCode });
  }
}

/** @throws Error where a word is beyond the last that is expected */
async function* within(words: AsyncIterable<ReadWord>, file: string, depth: number): AsyncGenerator<ReadWord, void> {
  for await (const word of words) {
    if (word.address >= depth)
      throw new Error(`${file}:${word.line}: address ${word.address}; ${depth} words are expected`);
    yield word;
  }
}

/** Words by ascending address; of several for one the last, as a simulator that loads the file leaves it. */
async function* inOrder(words: AsyncIterable<ReadWord>): AsyncGenerator<ReadWord, void> {
  const last = new Map<number, ReadWord>();
  for await (const word of words) last.set(word.address, word);
  yield* [...last.values()].sort((x, y) => x.address - y.address);
}

/** The output that a dump is of. */
function portFor({ ports }: Manifest, dut: string, name: string | undefined): PortEntry {
  const outputs = ports.filter((port) => port.direction === 'out' && !ports.some(({ valid }) => valid === port.name));
  const wanted = name ?? basename(dut, extname(dut));
  const found = outputs.find((port) => port.name === wanted);
  if (found !== undefined) return found;
  if (name === undefined && outputs.length === 1) return outputs[0];
  const names = outputs.map((port) => port.name);
  throw new UsageError(
    `${name === undefined ? 'name a port with --port' : `there is no output ${name}`}: there are ${names.join(', ')}${name === undefined ? '' : didYouMean(name, names)}`,
  );
}

function portOf({ name, format, lanes }: PortEntry): Port {
  return { name, format: format === 'bit' ? int(1, false) : formatField.parse(format), lanes };
}

async function refuseChanged({ files }: Manifest, path: string, file: string): Promise<void> {
  const expected = files.find(({ name }) => name === file)?.sha256;
  if ((await digestOf(join(dirname(path), file))) !== expected)
    throw new Error(`${join(dirname(path), file)} is not the file that ${path} describes: write the vectors anew`);
}
