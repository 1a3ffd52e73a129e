import { join } from 'node:path';
import { type MacArray, orderOf } from '../arrays/dataflow.js';
import { extentsOf, type GemmJob } from '../arrays/tiling.js';
import { type Datapath, totalFitOf } from '../datapaths/datapath.js';
import type { Order } from '../datapaths/order.js';
import { emitDot, emitMesh, type MeshShape, meshPorts, type RtlFile } from '../datapaths/rtl/index.js';
import { widthOf } from '../formats/format.js';
import type { Target } from '../targets/target.js';
import { writingFiles } from './file.js';
import type { Provenance } from './manifest.js';
import { meshBench } from './meshBench.js';
import { type TileOperands, writeTileVectors } from './tileVectors.js';
import { type VectorOptions, writeVectors } from './vectors.js';

/** The module of a dot product, which a unit's golden vectors are for. */
const DUT = 'dut';

/**
 * Writes a datapath's unit and a dot product of it, golden vectors, their testbench, and a Makefile for Icarus and
 * Verilator.
 * @returns names of the files of hardware
 * @throws RangeError naming the datapath and what of it cannot be built
 */
export async function writeUnitRtl(
  datapath: Datapath,
  options: Pick<VectorOptions, 'k' | 'count' | 'seed'>,
  folder: string,
  provenance: Provenance,
  onRows?: (done: number, total: number) => void,
): Promise<string[]> {
  if (typeof datapath.sum.rounding !== 'string')
    throw new RangeError(
      `rtl: datapath ${datapath.name} rounds stochastically, and its vectors have no random bits; round otherwise`,
    );
  const files = emitDot(datapath, options.k, DUT);
  await writeVectors(datapath, { ...options, format: 'readmemh', module: DUT }, folder, provenance, onRows);
  return writeSources(folder, files);
}

/**
 * Writes a target's array and what is on its ports while it works on a product, with a testbench and a Makefile.
 * @returns names of the files of hardware
 * @throws RangeError naming what of the target cannot be built
 */
export async function writeMeshRtl(
  target: Target,
  operands: TileOperands,
  folder: string,
  about: Parameters<typeof writeTileVectors>[4],
): Promise<string[]> {
  const { array } = target;
  const { job, unit } = operands;
  const order = orderOf(array, unit);
  const shape = meshShape(target, unit, job);
  const files = emitMesh(unit, order, shape);
  const manifest = await writeTileVectors(target, operands, 'readmemh', folder, about);
  if (manifest.kind !== 'tile') throw new Error(`rtl: vectors of a tile became vectors of a ${manifest.kind}`);
  const bench = meshBench({
    title: `target ${target.name}: ${job.m} x ${job.k} times ${job.k} x ${job.n} on ${array.rows} x ${array.cols} PEs, ${array.dataflow}`,
    array,
    job,
    ports: meshPorts(unit, order, shape),
    edges: manifest.cycles.total,
    sumBits: widthOf(totalFitOf(unit, order).format),
  });
  return [...(await writeSources(folder, [...files, { name: 'tb.sv', text: bench }]))].filter(
    (name) => name !== 'tb.sv',
  );
}

/** What the hardware of an array is, for a product. */
export function meshShape({ name, array }: Pick<Target, 'name' | 'array'>, unit: Datapath, job: GemmJob): MeshShape {
  const { rows, cols, dataflow, doubleBuffer, accumulation } = array;
  const problem = complaintAbout(array, unit.order, job, unit.lanes);
  if (problem !== undefined) throw new RangeError(`rtl: target ${name} ${problem}`);
  const extents = extentsOf(job, array, unit.lanes);
  const tiles = (job.groups ?? 1) * Math.ceil(extents.col / cols);
  return {
    rows,
    cols,
    dataflow,
    doubleBuffer,
    reinject: accumulation === 'reinject' && dataflow !== 'os',
    memory: { steps: extents.time, folds: Math.ceil(extents.row / rows), depth: tiles * extents.time },
  };
}

function complaintAbout(array: MacArray, order: Order, job: GemmJob, lanes: number): string | undefined {
  if (array.multiplyStages > 0 || array.addStages > 1)
    return `has pipelined PEs (${array.multiplyStages} multiplier and ${array.addStages} adder stages); the RTL mesh has 0 and 1`;
  if (array.operands !== 'systolic') return 'broadcasts operands; the RTL mesh is systolic';
  const { row, col } = extentsOf(job, array, lanes);
  if (array.edge === 'partial' && (row % array.rows !== 0 || col % array.cols !== 0))
    return 'takes edge tiles at their own size; the RTL mesh always takes whole ones';
  if (array.dataflow === 'os' && order.kind !== 'sequential' && order.kind !== 'chunked')
    return `adds in ${order.kind} order; a PE adds in sequential or chunked order`;
  return undefined;
}

async function writeSources(folder: string, files: readonly RtlFile[]): Promise<string[]> {
  const sources = files.map(({ name }) => name).filter((name) => name !== 'tb.sv');
  const all = [...files, { name: 'Makefile', text: makefile(sources) }];
  const paths = all.map(({ name }) => join(folder, name));
  await writingFiles(paths, (sinks) => sinks.forEach((sink, i) => sink.write(all[i].text)));
  return sources;
}

/** `make` runs both simulators and the negative control. */
function makefile(sources: readonly string[]): string {
  return `# make            both simulators, and the negative control
# make icarus     Icarus Verilog 11
# make verilator  Verilator 5
# make corrupt    one expected bit is flipped: the bench must FAIL
SOURCES = ${sources.join(' ')}

all: icarus verilator corrupt

tb.vvp: tb.sv $(SOURCES)
	iverilog -g2012 -s tb -o $@ tb.sv $(SOURCES)

obj_dir/Vtb: tb.sv $(SOURCES)
	verilator --binary --timing -O3 -Wno-fatal -Wno-lint -Wno-style --top-module tb tb.sv $(SOURCES)

icarus: tb.vvp
	vvp -n tb.vvp > icarus.log
	@cat icarus.log
	@grep -q '^PASS' icarus.log

verilator: obj_dir/Vtb
	obj_dir/Vtb > verilator.log
	@cat verilator.log
	@grep -q '^PASS' verilator.log

corrupt: tb.vvp
	vvp -n tb.vvp +corrupt > corrupt.log
	@grep -q '^FAIL' corrupt.log && echo "corrupt: the bench fails, as it must"

clean:
	rm -rf tb.vvp obj_dir icarus.log verilator.log corrupt.log

.PHONY: all icarus verilator corrupt clean
`;
}
