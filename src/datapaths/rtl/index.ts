import type { Datapath } from '../datapath.js';
import { dotModule, treesOf } from './dot.js';
import { identifier, unitModule } from './emit.js';
import { modulesFor, type RtlFile } from './library.js';

export { randomBitsOfDot } from './dot.js';
export { identifier, unitModule } from './emit.js';
export { modulesFor, type RtlFile } from './library.js';
export { emitMesh, type MeshPort, type MeshShape, meshPorts } from './mesh.js';
export { emitHeldPe, emitPe, rtlDigest } from './pe.js';
export { unitInstance } from './unit.js';

/**
 * SystemVerilog of a datapath: its unit, a dot product `module` of k products in the unit's own order, and the library's
 * files that they are made of. Icarus 11, Verilator 5 and yosys 0.23 read it.
 * @throws RangeError naming the datapath and what of it cannot be built
 */
export function emitDot(datapath: Datapath, k: number, module: string): RtlFile[] {
  const unit = `${identifier(datapath.name)}_unit`;
  const plain: Datapath = { ...datapath, result: undefined, requantize: undefined, nanCode: undefined };
  const trees = treesOf(plain, k, unit).map((tree) => unitModule(tree.datapath, tree.name));
  const own: RtlFile[] = [
    { name: `${unit}.sv`, text: [unitModule(plain, unit), ...trees].join('\n') },
    { name: `${module}.sv`, text: dotModule(datapath, k, module, unit) },
  ];
  return [...own, ...modulesFor(own.map(({ text }) => text))];
}
