import { type Code, type FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { type Firing, firingWidth } from './body.js';
import { groupedFiring } from './group.js';
import { firingOf } from './sums.js';
import { type PanelBody, panelReads } from './panels.js';
import { Adder, carrierOf, powerOfTwo } from '../steps/lanes.js';
import { counterOf, keepCount, keptSums, ROWS, tiles } from '../panels/frame.js';
import { v128 } from '../../../wasm/vector.js';

export function firingFunctions(firing: Firing): FunctionBuilder[] {
  const { fit, outer, plus, lanes } = firing;
  const vectors = firingWidth(firing) / carrierOf(fit).lanes;
  return (['extend', 'join', 'empty'] as const).map((kind) =>
    tiles(kind, (frame) => {
      const { f, parameters } = frame;
      const counter = counterOf(frame, firing.count);
      const adders = [fit, plus ?? fit, outer].map((step) => new Adder(f, step, counter));
      for (const adder of adders) adder.reset();
      const rows: Code[] = [frame.sums];
      for (let r = 1; r < ROWS; r++) rows.push(f.keep('i32', i32.add(rows[r - 1], parameters[6].get)));
      const sums4 = rows.map(() => Array.from({ length: vectors }, () => f.local('v128')));
      const zero = powerOfTwo(fit, -carrierOf(fit).bias);
      const kept = keptSums(frame);
      const each = (act: (acc: Local, row: Code, offset: number) => void) =>
        sums4.forEach((accs, r) => accs.forEach((acc, i) => act(acc, rows[r], i * 16)));
      each((acc, row, offset) => f.emit(acc.set(kind === 'extend' ? kept(row, offset) : zero)));
      const body: PanelBody = { ...frame, firing, sums4, counter, reads: panelReads(frame, firing, vectors) };
      if (kind !== 'empty')
        f.repeat(i32.divU(parameters[3].get, i32.const(lanes)), () => {
          const { combine, alignment, group } = firing;
          if (group === undefined || combine.kind !== 'aligned' || alignment === undefined) firingOf(body, adders);
          else groupedFiring(body, combine, alignment, adders);
        });
      each((acc, row, offset) => {
        if (kind !== 'extend') adders[2].add(acc, v128.load(row, offset), acc.get);
        f.emit(v128.store(row, acc.get, offset));
      });
      for (const adder of adders)
        if (adder.watches) f.emit(i32.store(parameters[7].get, i32.or(i32.load(parameters[7].get), adder.reached())));
      keepCount(frame, counter);
    }),
  );
}
