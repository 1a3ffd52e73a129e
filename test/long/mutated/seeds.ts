import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse, stringify } from 'yaml';
import { DATAPATHS } from '../../../src/datapaths/catalog.js';
import { describeDatapath } from '../../../src/datapaths/describe.js';
import { WORD_FORMATS } from '../../../src/outputs/words/index.js';
import { type Chance, mutateBytes, mutateText, mutateWords } from '../mutator.js';
import { documents, type Files, images, LINES, networks, SWEEP, TARGET, text, UNITS } from './samples.js';
import { checkpoint, idx, json, jsonLines, type MutateBytes, npy, onnx, unpackedFirst, yaml } from './spoil.js';

/** A valid command line with the files that it reads, and how to spoil one of them. */
export interface Seed {
  /** The kind of input that is spoilt: a row of the report. */
  kind: string;
  /** How often it is drawn, compared with others. */
  weight: number;
  files: Files;
  args: readonly string[];
  /** The file that is changed; none where the command line itself is. */
  target?: string;
  mutate(chance: Chance, seed: Seed): Spoilt;
}

export interface Spoilt {
  files: Files;
  args: readonly string[];
  note: string;
}

function fileSeed(kind: string, weight: number, files: Files, target: string, args: string, by: MutateBytes): Seed {
  return {
    kind,
    weight,
    files,
    args: args.split(' '),
    target,
    mutate(chance, { files, args }) {
      const { value, note } = by(files[target], chance);
      return { files: { ...files, [target]: value }, args, note };
    },
  };
}

/** Runs a command line in a folder and fails where it fails; the files that it left are what a later one reads. */
export type Make = (args: readonly string[], files: Files) => Promise<string>;

const only = (files: Files, ...names: readonly string[]): Files =>
  Object.fromEntries(names.map((name) => [name, files[name]]));

/** Every kind of file that the program reads, with commands that read it. */
export async function seedsOf(make: Make): Promise<Seed[]> {
  const files: Files = { ...networks(), ...images(), ...documents() };
  return [
    ...datapathSeeds(files),
    ...targetSeeds(files),
    ...tableSeeds(files),
    ...dataSeeds(files),
    ...networkSeeds(files),
    ...(await sweepSeeds(files, make)),
    ...(await trainSeeds(files, make)),
    ...(await memorySeeds(make)),
    ...wordSeeds(files),
  ];
}

function datapathSeeds(files: Files): Seed[] {
  const shown = Object.fromEntries(
    UNITS.map((name) => {
      const unit = DATAPATHS.find((candidate) => candidate.name === name);
      if (unit === undefined) throw new Error(`there is no datapath ${name}`);
      return [`${name}.yaml`, text(stringify(describeDatapath(unit)))];
    }),
  );
  const sources = { ...only(files, 'unit.yaml', 'own.yaml'), ...shown };
  const commands: readonly [string, number][] = [
    ['show FILE', 6],
    ['accumulate --datapath FILE --lengths 16,64', 6],
    ['vectors FILE --count 20 --out out', 4],
    ['rtl FILE --count 20 --out out', 3],
  ];
  return Object.entries(sources).flatMap(([name, bytes]) => [
    ...commands.map(([args, weight]) =>
      fileSeed('datapath YAML', weight, { 'd.yaml': bytes }, 'd.yaml', args.replace('FILE', 'd.yaml'), yaml),
    ),
    fileSeed(
      'datapath JSON',
      6,
      { 'd.json': text(JSON.stringify(parse(Buffer.from(bytes).toString()), undefined, 1)) },
      'd.json',
      'show d.json --json',
      json,
    ),
    ...(name === 'unit.yaml'
      ? [
          fileSeed(
            'datapath YAML',
            20,
            { 'd.yaml': bytes, ...only(files, 'ops.csv') },
            'd.yaml',
            'eval --datapath d.yaml --input ops.csv',
            yaml,
          ),
        ]
      : []),
  ]);
}

function targetSeeds(files: Files): Seed[] {
  const rest = only(files, 'int8.onnx', 'float.onnx', 'data.csv');
  const asJson = { 't.json': text(JSON.stringify(parse(TARGET))) };
  const run = 'run int8.onnx --data data.csv --images 2 --target';
  return [
    fileSeed('target YAML', 60, { ...rest, ...only(files, 'target.yaml') }, 'target.yaml', `${run} target.yaml`, yaml),
    fileSeed(
      'target YAML',
      20,
      { ...rest, ...only(files, 'target.yaml') },
      'target.yaml',
      'vectors --tile --count 4 --target target.yaml --out out',
      yaml,
    ),
    fileSeed(
      'target YAML',
      20,
      { ...rest, ...only(files, 'target.yaml') },
      'target.yaml',
      'trace int8.onnx --layer conv1 --data data.csv --cycles 0-9 --target target.yaml',
      yaml,
    ),
    fileSeed('target JSON', 25, { ...rest, ...asJson }, 't.json', `${run} t.json --json`, json),
  ];
}

/** CSV of layers, of codes and of values. */
function tableSeeds(files: Files): Seed[] {
  const seed = (kind: string, weight: number, target: string, args: string, ...rest: string[]) =>
    fileSeed(kind, weight, only(files, target, ...rest), target, args, mutateText);
  const array = '--rows 4 --cols 8 --dataflow';
  return [
    seed('topology CSV', 60, 'convs.csv', `cycles convs.csv ${array} ws`),
    seed('topology CSV', 30, 'convs.csv', `cycles convs.csv ${array} os --compat scalesim`),
    seed('topology CSV', 60, 'gemms.csv', `cycles gemms.csv ${array} is --json`),
    seed('codes CSV', 80, 'codes.csv', 'convert --from fp32 --to e4m3fn --input codes.csv'),
    seed(
      'codes CSV',
      30,
      'codes.csv',
      'convert --from fp32 --to int8 --rounding stochastic:8 --input codes.csv --out out.csv',
    ),
    seed('codes CSV', 50, 'scalars.csv', 'eval --op fma --formats e4m3fn,e4m3fn,fp16,fp16 --input scalars.csv'),
    seed('codes CSV', 50, 'ops.csv', 'eval --datapath unit.yaml --input ops.csv', 'unit.yaml'),
    seed('codes CSV', 30, 'values.csv', 'accumulate --datapath fp8-fp16 --lengths 4,16 --distribution values.csv'),
  ];
}

function dataSeeds(files: Files): Seed[] {
  const [images, labels] = ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'];
  const run = 'run int8.onnx --target int8 --images 2 --data';
  const rest = only(files, 'int8.onnx', images, labels);
  const zipped = {
    ...only(files, 'int8.onnx'),
    [`${images}.gz`]: gzipSync(files[images]),
    [`${labels}.gz`]: gzipSync(files[labels]),
  };
  const unpacked = { ...only(files, 'int8.onnx', labels), [`${images}.gz`]: files[images] };
  return [
    fileSeed('data CSV', 50, only(files, 'int8.onnx', 'data.csv'), 'data.csv', `${run} data.csv`, mutateText),
    fileSeed('IDX', 35, rest, images, `${run} .`, idx),
    fileSeed('IDX', 15, rest, labels, `${run} .`, idx),
    fileSeed('IDX .gz', 15, zipped, `${images}.gz`, `${run} .`, mutateBytes),
    fileSeed('IDX .gz', 15, unpacked, `${images}.gz`, `${run} .`, unpackedFirst),
  ];
}

function networkSeeds(files: Files): Seed[] {
  const seed = (weight: number, name: string, args: string, ...rest: string[]) =>
    fileSeed('ONNX', weight, only(files, name, ...rest), name, args, onnx);
  const data = '--data data.csv';
  return [
    seed(45, 'integer.onnx', 'show integer.onnx'),
    seed(25, 'float.onnx', 'show float.onnx --json'),
    seed(15, 'binary.onnx', 'show binary.onnx'),
    seed(25, 'int8.onnx', `run int8.onnx --target int8 --images 2 ${data}`, 'data.csv'),
    seed(12, 'fp8.onnx', `run fp8.onnx --target fp8-fp16 --images 2 ${data} --json`, 'data.csv'),
    seed(12, 'binary.onnx', `run binary.onnx --target xnor --images 2 ${data}`, 'data.csv'),
    seed(18, 'float.onnx', `quantize float.onnx --recipe int8 --images 20 --out q.onnx ${data}`, 'data.csv'),
    seed(15, 'int8.onnx', `trace int8.onnx --layer conv1 --cycles 0-9 ${data}`, 'data.csv'),
    seed(10, 'int8.onnx', `vectors --network int8.onnx --out out ${data}`, 'data.csv'),
    seed(
      10,
      'float.onnx',
      `run int8.onnx --reference float.onnx --target int8 --images 2 ${data}`,
      'int8.onnx',
      'data.csv',
    ),
  ];
}

/** What a command left in its folder, by name. */
function left(folder: string, ...names: string[]): Files {
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
}

async function sweepSeeds(files: Files, make: Make): Promise<Seed[]> {
  const inputs = only(files, 'int8.onnx', 'float.onnx', 'data.csv', 'unit.yaml', 'sweep.yaml');
  // A unit that the network's operands fit.
  const fitting = { ...inputs, 'unit.yaml': text('a: int8\nb: int8\nsum: {format: int32, overflow: saturate}\n') };
  const asJson = { ...fitting, 's.json': text(JSON.stringify(parse(SWEEP))) };
  const args = ['sweep', 'sweep.yaml', '--threads', '1', '--out', 'done'];
  const folder = await make(args, fitting);
  const done = { ...fitting, ...left(folder, 'done/journal.ndjson') };
  return [
    fileSeed('sweep YAML', 30, fitting, 'sweep.yaml', 'sweep sweep.yaml --threads 1 --out out', yaml),
    fileSeed('sweep JSON', 8, asJson, 's.json', 'sweep s.json --threads 1 --out out --json', json),
    fileSeed('journal', 18, done, 'done/journal.ndjson', args.join(' '), jsonLines),
  ];
}

async function trainSeeds(files: Files, make: Make): Promise<Seed[]> {
  const inputs = only(files, 'float.onnx', 'data.csv');
  const args =
    'train --recipe fp32 --network float.onnx --data data.csv --images 20 --judged 10 --batch 10 --epochs 1 --out done';
  const folder = await make(args.split(' '), inputs);
  const done = { ...inputs, ...left(folder, 'done/checkpoint.bin') };
  return [fileSeed('checkpoint', 20, done, 'done/checkpoint.bin', args, checkpoint)];
}

/** Golden vectors in every kind of memory file, and a dump that agrees with them. */
async function memorySeeds(make: Make): Promise<Seed[]> {
  const kinds = [...Object.keys(WORD_FORMATS), 'csv'];
  const seeds: Seed[] = [];
  for (const kind of kinds) {
    const folder = await make(['vectors', 'fp8-fp16', '--count', '24', '--format', kind, '--out', 'set'], {});
    const manifest = readFileSync(join(folder, 'set', 'manifest.json'));
    const { ports } = JSON.parse(manifest.toString()) as { ports: { direction: string; file: string }[] };
    const output = ports.find(({ direction }) => direction === 'out')?.file ?? '';
    const set = { 'set/manifest.json': manifest, ...left(folder, ...ports.map(({ file }) => `set/${file}`)) };
    const dump = `dump${output.slice(output.lastIndexOf('.'))}`;
    const files = { ...set, [dump]: set[`set/${output}` as keyof typeof set] };
    const args = `check --manifest set/manifest.json --dut ${dump} --format ${kind}`;
    const by = kind === 'npy' ? npy : mutateText;
    seeds.push(fileSeed('memory files', 28, files, dump, args, by));
    seeds.push(fileSeed('manifest', 8, files, 'set/manifest.json', args, json));
  }
  return seeds;
}

function wordSeeds(files: Files): Seed[] {
  const kept = only(files, 'int8.onnx', 'fp8.onnx', 'float.onnx', 'data.csv', 'sweep.yaml', 'convs.csv', 'gemms.csv');
  const all = { ...kept, ...only(files, 'codes.csv', 'ops.csv', 'scalars.csv', 'unit.yaml', 'target.yaml') };
  return LINES.map((line) => ({
    kind: 'command lines',
    weight: 9,
    files: all,
    args: line.split(' '),
    mutate(chance, { files, args }) {
      const { value, note } = mutateWords(args, chance);
      return { files, args: value, note };
    },
  }));
}

/** Writes the files of one case into its folder. */
export function writeFiles(folder: string, files: Files, made: (folder: string) => void): void {
  for (const [name, bytes] of Object.entries(files)) {
    if (name.includes('/')) made(join(folder, name.slice(0, name.lastIndexOf('/'))));
    writeFileSync(join(folder, name), bytes);
  }
}
