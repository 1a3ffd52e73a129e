import { orderOf } from '../arrays/dataflow.js';
import { whyNotGated } from '../arrays/gated.js';
import type { Datapath } from '../datapaths/datapath.js';
import { emitPe, rtlDigest } from '../datapaths/rtl/index.js';
import type { CellLibrary } from '../gates/liberty/cell.js';
import { readLibrary } from '../gates/liberty/library.js';
import { STOCK_LIBRARIES, stockLibrary, stockUnit } from '../gates/stock.js';
import type { GateUnit } from '../gates/unit.js';
import { lower } from '../networks/lower.js';
import type { Network } from '../networks/network.js';
import { mapUnit } from '../outputs/benches/mapUnit.js';
import type { TargetGates } from '../simulate/gateActivity.js';
import { whyBeside } from '../simulate/placement.js';
import { unitForJob } from '../targets/blockUnit.js';
import type { Target } from '../targets/target.js';
import { readText } from '../text/read.js';
import { usage, usageAsync, UsageError } from './errors.js';
import { remark } from './terminal.js';

/** A liberty library in one file or several, as `--library` and `--energy gates:` name it. */
export function libraryFrom(files: readonly string[]): CellLibrary {
  return usage(() => readLibrary(files.map((file) => ({ name: file, text: readText(file) }))));
}

/** Units that were mapped in this process, by library and RTL. */
const mappedUnits = new Map<string, Promise<GateUnit>>();

/**
 * The gates of the units that a network needs on a target: those of the package, or mapped now, which needs Yosys.
 * @throws UsageError naming what of the target has no gates, or the library that there is not
 */
export async function gatesFor(network: Network, target: Target, spec: string): Promise<TargetGates> {
  const refuse = (problem: string): never => {
    throw new UsageError(`energy of gates: target ${target.name} ${problem}`);
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
    gates.set(unit, await usageAsync(unitIn(spec, unit, orderOf(target.array, unit))));
  }
  return gates;
}

async function unitIn(spec: string, unit: Datapath, order: Datapath['order']): Promise<GateUnit> {
  const rtl = rtlDigest(emitPe(unit, order));
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
      `there is no library ${spec}; there are ${STOCK_LIBRARIES.map(({ name }) => name).join(', ')}, or a liberty file's path`,
    );
  const key = `${spec} ${rtl}`;
  const known = mappedUnits.get(key);
  if (known !== undefined) return known;
  const library = libraryFrom(spec.split(','));
  remark(`maps ${unit.name} onto ${library.name} with Yosys`);
  const mapping = mapUnit(unit, order, library).then(({ gates }) => gates);
  mappedUnits.set(key, mapping);
  return mapping;
}

/** Of the tiles that are drawn. */
export const SEED = 1;
