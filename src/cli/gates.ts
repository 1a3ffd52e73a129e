import { type DataflowName, type MacArray, macArray } from '../arrays/dataflow.js';
import type { Datapath } from '../datapaths/datapath.js';
import { characterise, type Characterisation, type OperandEnergy } from '../outputs/benches/characterise.js';
import { makeFolder } from '../outputs/files/file.js';
import { writeRtl } from '../outputs/benches/rtl.js';
import { type Column, figure } from '../outputs/tables/table.js';
import type { TileOperands } from '../outputs/vectors/tileVectors.js';
import { counted } from '../text/plural.js';
import { loadTarget } from '../targets/catalog.js';
import { datapathFrom, integer, jsonOption, seedOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { libraryFrom } from './gateUnits.js';
import { kindsOf } from './kinds.js';
import { LAYER_MODES } from './modes.js';
import { usage, usageAsync, UsageError } from './errors.js';
import { and, dataOption, folderOption, imageOption, networkOption } from './options.js';
import { print, printJson, printTable, waitingFor } from './terminal.js';
import { layerTile, loadGolden, type VectorArguments } from './vectorSets.js';

/** `gates`: a PE as gates of a library: cells, area, the clock that its longest path allows, and energy by operands. */
export const gatesCommand = command({
  options: {
    name: { type: 'string', demandOption: true, describe: 'datapath or target, by name or file' },
    library: {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'liberty file of the cells; several, one after another, are one library',
    },
    network: and(networkOption, ', for --layer'),
    pipeline: {
      type: 'number',
      describe: 'registers between multiplier and adder (default: those of the target, or 0)',
    },
    layer: { type: 'string', describe: 'the operands of this layer beside drawn ones' },
    image: and(imageOption, '', 'layer: '),
    data: dataOption,
    seed: seedOption,
    out: and(folderOption, ' for the SystemVerilog of the PE and its netlist'),
    wide: wideOption,
    json: jsonOption,
  },
  reads: ['name', 'library', 'network', 'data'],
  writes: { out: 'folder' },
  modes: LAYER_MODES,
  examples: [
    ['gates int8 --library cells.lib', 'cells, area, clock and energy of a PE; needs Yosys'],
    ['gates int8 --library cells.lib --network models/digits-int8.onnx --layer conv2', 'with the bits of a layer'],
    ['gates int8 --library cells.lib --pipeline 1', 'with a register between multiplier and adder'],
  ],
  async run({ name, library: files, pipeline, network, layer, image = 0, data, out, wide, json, ...args }) {
    const seed = integer(args.seed, '--seed');
    if (files.length === 0) throw new UsageError('--library needs a liberty file, or several');
    const subject = subjectOf(name, pipeline);
    const library = libraryFrom(files);
    const product =
      network === undefined || layer === undefined
        ? undefined
        : await productOf({ ...VECTORS, network, layer, image, data, seed, target: name });
    const datapath = product?.unit ?? subject.datapath;
    const { report, rtl, netlist } = await waitingFor(
      `Yosys maps the PE of ${datapath.name} onto ${library.name}, which takes minutes for a large one`,
      usageAsync(characterise(datapath, subject.array, library, seed, product)),
    );
    if (out !== undefined) {
      makeFolder(out);
      await writeRtl(out, [...rtl, { name: 'pe.json', text: netlist }]);
    }
    if (json) return printJson(report);
    show(report, subject, wide);
    if (out !== undefined) print(`SystemVerilog of the PE and its netlist pe.json are in ${out}`);
  },
});

/** What of `vectors` a layer's operands do not depend on. */
const VECTORS = { format: 'readmemh', pack: 1, tile: true, exhaustive: false } as const;

async function productOf(args: VectorArguments & { network: string; layer: string }): Promise<TileOperands> {
  return layerTile(await loadGolden(args.network, args), args.layer, args).operands;
}

interface Subject {
  datapath: Datapath;
  array: MacArray;
  /** Of a target. */
  clockMhz?: number;
}

/** Most registers between multiplier and adder. */
const MOST_STAGES = 8;

/** A target's own unit where the name is a target's too. */
function subjectOf(name: string, pipeline: number | undefined): Subject {
  const stages = pipeline === undefined ? {} : { multiplyStages: integer(pipeline, '--pipeline', 0, MOST_STAGES) };
  if (!kindsOf(name).mesh)
    return { datapath: datapathFrom(name), array: macArray({ rows: 16, cols: 16, dataflow: 'os', ...stages }) };
  const target = usage(() => loadTarget(name));
  const { datapath, clockMhz } = target;
  const array = { ...target.array, ...stages };
  const reason = whyNoPe(array);
  if (reason !== undefined) throw new UsageError(`gates: target ${name} ${reason}`);
  return { datapath, array, clockMhz };
}

/** Why the PE of an array has no RTL; undefined where it has. */
function whyNoPe({ dataflow, multiplyStages, addStages, operands }: MacArray): string | undefined {
  if (addStages > 1) return `has adders of ${addStages} stages; its PE has RTL where addStages is 1`;
  if (multiplyStages > MOST_STAGES)
    return `has ${multiplyStages} multiplier stages; at most ${MOST_STAGES} are looked at`;
  if (dataflow !== 'os' && multiplyStages > 0)
    return `has PEs of dataflow ${dataflow} with ${multiplyStages} multiplier stages; such a PE has RTL where it is os`;
  if (operands !== 'systolic') return 'broadcasts operands; its PE has RTL where they are systolic';
  return undefined;
}

const STATIONARY: Readonly<Record<DataflowName, string>> = { os: 'output', ws: 'weight', is: 'input' };

function stagesIn({ multiplyStages }: Characterisation): string {
  return multiplyStages === 0 ? '' : `, ${counted(multiplyStages, 'register')} between multiplier and adder`;
}

/** What stays in the PEs, and is loaded before words move. */
const LOADED: Readonly<Partial<Record<DataflowName, string>>> = { ws: 'weights', is: 'inputs' };

const fj = (title: string, valueOf: (row: OperandEnergy) => number): Column<OperandEnergy> => ({
  title,
  digits: 0,
  value: valueOf,
});

const interval = ({ factor, low, high }: OperandEnergy['glitches']) =>
  `${factor.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;

const COLUMNS: readonly Column<OperandEnergy>[] = [
  { title: 'operands', value: ({ operands }) => operands },
  fj('fJ/MAC', ({ fjPerMac }) => fjPerMac),
  fj('logic', ({ logicFj }) => logicFj),
  fj('registers', ({ registersFj }) => registersFj),
  fj('clock', ({ clockFj }) => clockFj),
  { title: 'glitches', value: ({ glitches }) => interval(glitches) },
  { title: 'sums', value: ({ sums }) => `${sums.right} of ${sums.all}` },
];

function show(report: Characterisation, { clockMhz }: Subject, wide: boolean): void {
  const { datapath, library, cells, registers, area, periodNs, maxMhz, path, leakageNw } = report;
  const celsius = library.celsius === undefined ? '' : `, ${library.celsius} C`;
  print(
    `PE of ${datapath}, ${STATIONARY[report.dataflow]}-stationary${stagesIn(report)}, in ${library.name} (${library.volts} V${celsius})`,
  );
  print(`${cells} cells, ${registers} of them registers; area ${figure(area)}; leakage ${figure(leakageNw)} nW`);
  print(`longest path ${figure(periodNs)} ns through ${path.length} cells: at most ${figure(maxMhz)} MHz`);
  if (clockMhz !== undefined && clockMhz > maxMhz)
    print(`the clock of the target, ${clockMhz} MHz, is not met; take a lower clock`);
  printTable(COLUMNS, report.operands, wide);
  print('fJ without wires and glitches; glitches multiply logic and registers (95 % interval of a sample)');
  const loading = LOADED[report.dataflow] === undefined ? '' : `; loading of ${LOADED[report.dataflow]} included`;
  print(`sums: those of the netlist that are the reference, bit for bit${loading}`);
}
