import { join } from 'node:path';
import { type MacArray, orderOf } from '../../arrays/dataflow.js';
import { extentsOf, type ArrayJob } from '../../arrays/tiling.js';
import { type Datapath, totalFitOf } from '../../datapaths/datapath.js';
import type { Order } from '../../datapaths/order.js';
import { emitDot, emitMesh, type MeshShape, meshPorts, type RtlFile } from '../../datapaths/rtl/index.js';
import { widthOf } from '../../formats/format.js';
import type { Target } from '../../targets/target.js';
import { writingFiles } from '../files/file.js';
import { meshBench } from './meshBench.js';
import type { TileOperands } from '../vectors/tileVectors.js';

/**
 * Files of a datapath's unit: a dot product of k as the module `dut`, which `lastbit vectors` makes vectors and a testbench
 * for, and a Makefile for Icarus and Verilator.
 * @throws RangeError naming the datapath and what of it cannot be built
 */
export function unitRtl(datapath: Datapath, k: number): RtlFile[] {
  if (typeof datapath.sum.rounding !== 'string')
    throw new RangeError(
      `rtl: datapath ${datapath.name} rounds stochastically, and vectors carry no random bits; take another rounding`,
    );
  const files = emitDot(datapath, k, 'dut');
  return [...files, makefileOf(files)];
}

/**
 * Files of a target's array as the module `mesh`, for the vectors of a product on it: with a testbench of them, and a
 * Makefile.
 * @param edges clock edges until the product is done
 * @throws RangeError naming what of the target cannot be built
 */
export function meshRtl(target: Target, { job, unit }: TileOperands, edges: number): RtlFile[] {
  const { array } = target;
  const order = orderOf(array, unit);
  const shape = meshShape(target, unit, job);
  const files = emitMesh(unit, order, shape);
  const text = meshBench({
    title: `target ${target.name}: ${job.m} x ${job.k} times ${job.k} x ${job.n} on ${array.rows} x ${array.cols} PEs, ${array.dataflow}`,
    array,
    job,
    ports: meshPorts(unit, order, shape),
    edges,
    sumBits: widthOf(totalFitOf(unit, order).format),
  });
  return [...files, { name: 'tb.sv', text }, makefileOf(files)];
}

/** What the hardware of an array is, for a product. */
export function meshShape({ name, array }: Pick<Target, 'name' | 'array'>, unit: Datapath, job: ArrayJob): MeshShape {
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

function complaintAbout(array: MacArray, order: Order, job: ArrayJob, lanes: number): string | undefined {
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

/** Writes files into a folder that is there, all of them or none. */
export async function writeRtl(folder: string, files: readonly RtlFile[]): Promise<void> {
  await writingFiles(
    files.map(({ name }) => join(folder, name)),
    (sinks) => sinks.forEach((sink, i) => sink.write(files[i].text)),
  );
}

/** `make` runs both simulators and the negative control. */
function makefileOf(files: readonly RtlFile[]): RtlFile {
  const sources = files.map(({ name }) => name);
  const text = `# make            both simulators, and the negative control
# make icarus     Icarus Verilog 11
# make verilator  Verilator 5
# make corrupt    one expected bit is flipped: the bench must FAIL, with a nonzero exit code
SOURCES = ${sources.join(' ')}

all: icarus verilator corrupt

tb.vvp: tb.sv $(SOURCES)
	iverilog -g2012 -s tb -o $@ tb.sv $(SOURCES)

obj_dir/Vtb: tb.sv $(SOURCES)
	verilator --binary --timing -O3 -Wno-fatal -Wno-lint -Wno-style -Wno-TIMESCALEMOD --top-module tb tb.sv $(SOURCES)

icarus: tb.vvp
	@vvp -n tb.vvp > icarus.log; code=$$?; cat icarus.log; exit $$code
	@grep -q '^PASS' icarus.log

verilator: obj_dir/Vtb
	@obj_dir/Vtb > verilator.log; code=$$?; cat verilator.log; exit $$code
	@grep -q '^PASS' verilator.log

corrupt: tb.vvp
	@! vvp -n tb.vvp +corrupt > corrupt.log
	@grep -q '^FAIL' corrupt.log && echo "corrupt: the bench fails, as it must"

clean:
	rm -rf tb.vvp obj_dir icarus.log verilator.log corrupt.log

.PHONY: all icarus verilator corrupt clean
`;
  return { name: 'Makefile', text };
}
