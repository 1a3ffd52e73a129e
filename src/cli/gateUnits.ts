import { type MacArray, orderOf } from '../arrays/dataflow.js';
import { whyNotGated } from '../arrays/gated.js';
import type { Datapath } from '../datapaths/datapath.js';
import type { Order } from '../datapaths/order.js';
import { emitPe, rtlDigest } from '../datapaths/rtl/index.js';
import type { CellLibrary } from '../gates/liberty/cell.js';
import { readLibrary } from '../gates/liberty/library.js';
import { STOCK_LIBRARIES, type StockLibrary, stockLibrary, stockUnit } from '../gates/stock.js';
import type { GateUnit } from '../gates/unit.js';
import { lower } from '../networks/lower.js';
import type { Network } from '../networks/network.js';
import { mapUnit } from '../outputs/benches/mapUnit.js';
import { type GateActivity, gateActivity, type TargetGates } from '../simulate/gateActivity.js';
import { loadRunData, type RunPlan } from '../simulate/plan.js';
import { whyBeside } from '../simulate/placement.js';
import type { RunData } from '../simulate/runData.js';
import { unitForJob } from '../targets/blockUnit.js';
import type { Target } from '../targets/target.js';
import { readText } from '../text/read.js';
import { usage, usageAsync, UsageError } from './errors.js';
import { remark } from './terminal.js';

/** A liberty library in one file or several, as `--library` and `--energy gates:` name it. */
export function libraryFrom(files: readonly string[]): CellLibrary {
  if (files.some((file) => file.trim() === ''))
    throw new UsageError(
      `a library is a liberty file or several: found ${files.map((file) => `"${file}"`).join(', ')}, and an empty name is of no file`,
    );
  return usage(() => readLibrary(files.map((file) => ({ name: file, text: readText(file) }))));
}

/** A target that has no energy of gates, whatever the library. */
class NoGates extends UsageError {}

/** Units that were mapped in this process, by library and RTL. */
const mappedUnits = new Map<string, Promise<GateUnit>>();

/**
 * The gates of the units that a network needs on a target: those of the package, or mapped now, which needs Yosys.
 * @throws NoGates naming what of the target has none; UsageError naming the library that there is not
 */
export async function gatesFor(network: Network, target: Target, spec: string): Promise<TargetGates> {
  const refuse = (problem: string): never => {
    throw new NoGates(`energy of gates: target ${target.name} ${problem}`);
  };
  const reason = whyNotGated(target.array);
  if (reason !== undefined) refuse(reason);
  if ((target.sparsity?.kind ?? 'dense') !== 'dense')
    refuse(`makes something of zeros (${target.sparsity?.kind}); its RTL does not`);
  const units = [target.datapath, ...target.others];
  const jobs = lower(network).filter((job) => whyBeside(target, job) === undefined);
  const needed = new Set(jobs.map((job) => unitForJob(target, job).name));
  const gates = new Map<Datapath, GateUnit>();
  for (const unit of units.filter(({ name }) => needed.has(name))) {
    if (unit.blockScale !== undefined) refuse(`has unit ${unit.name} with scales of blocks, which has no RTL`);
    if (typeof unit.sum.rounding !== 'string')
      refuse(`has unit ${unit.name}, which rounds stochastically; energy of gates is of units that do not`);
    gates.set(unit, await usageAsync(unitIn(spec, unit, target.array)));
  }
  return gates;
}

/** The gates of a unit that come with the package; undefined where there are none, or its PE has no RTL. */
export function stockGates(library: StockLibrary, unit: Datapath, order: Order): GateUnit | undefined {
  return hasPe(unit, order) ? stockUnit(library, unit.name, rtlDigest(emitPe(unit, order))) : undefined;
}

/** Whether a PE can be written for a unit. */
function hasPe(unit: Datapath, order: Order): boolean {
  try {
    return emitPe(unit, order).length > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

async function unitIn(spec: string, unit: Datapath, array: MacArray): Promise<GateUnit> {
  const rtl = rtlDigest(emitPe(unit, orderOf(array, unit)));
  const stock = stockLibrary(spec);
  if (stock !== undefined) {
    const found = stockUnit(stock, unit.name, rtl);
    if (found !== undefined) return found;
    throw new RangeError(
      `the package has no gates of ${unit.name} in ${spec}, only of the stock targets' units; name the library's files, --energy gates:FILE.lib, which needs Yosys`,
    );
  }
  if (!/[./\\]/.test(spec))
    throw new RangeError(
      `there is no library "${spec}"; there are ${STOCK_LIBRARIES.map(({ name }) => name).join(', ')}, or a liberty file's path`,
    );
  const key = `${spec} ${rtl}`;
  const known = mappedUnits.get(key);
  if (known !== undefined) return known;
  const library = libraryFrom(spec.split(','));
  remark(`maps ${unit.name} onto ${library.name} with Yosys`);
  const mapping = mapUnit(unit, array, library).then(({ gates }) => gates);
  mappedUnits.set(key, mapping);
  return mapping;
}

/** The same, or in one line why there are none. */
export async function gatesOrReason(network: Network, target: Target): Promise<TargetGates | string> {
  try {
    return await gatesFor(network, target, target.gates ?? '');
  } catch (error) {
    if (error instanceof NoGates) return error.message;
    throw error;
  }
}

/** A network on a target, and where its data is. */
interface Gated {
  network: Network;
  target: Target;
  plan: Pick<RunPlan, 'network' | 'reading' | 'data'>;
}

/**
 * Makes ready what the energies of gates need, so that what is missing is told before anything runs.
 * @returns what the PEs take in each of the points; undefined where its energy is a table's
 */
export async function activities<P extends Gated>(
  points: readonly P[],
): Promise<(point: P) => GateActivity | undefined> {
  const ready = new Map<P, { gates: TargetGates; data: RunData }>();
  const data = new Map<string, Promise<RunData>>();
  for (const point of points) {
    const { network, target, plan } = point;
    if (target.gates === undefined) continue;
    const gates = await gatesFor(network, target, target.gates);
    // Exporters give many networks one name.
    const key = JSON.stringify([plan.network, plan.reading, plan.data]);
    const loading = data.get(key) ?? loadRunData(network, plan.data);
    data.set(key, loading);
    ready.set(point, { gates, data: await loading });
  }
  return (point) => {
    const known = ready.get(point);
    return known && gateActivity(point.network, point.target, known.gates, known.data);
  };
}
