import type { RandomSource } from '../contract/random.js';
import { type Code, FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { bankKernel, type BankRegisters } from './memory.js';
import type { Kernel } from '../../../wasm/memory.js';

/** Draws that are made side by side, so that none waits for the one before. */
const CHAINS = 4;

/** Random bits for every lane of a bank's PEs: [lanes, stride], drawn one PE after the other. */
export class LaneDraws {
  readonly plane: Int32Array;
  readonly #source: RandomSource;
  readonly #states: Int32Array;
  readonly #tables: Int32Array;
  readonly #mask: number;
  readonly #kernel: Kernel;

  constructor(
    source: RandomSource,
    { one, four }: NonNullable<RandomSource['leaps']>,
    { plane, stride }: BankRegisters,
    lanes: number,
  ) {
    const words = (length: number) => plane(length, Int32Array) as Int32Array;
    this.plane = words(lanes * stride);
    this.#source = source;
    this.#states = words(1 + lanes * stride + CHAINS);
    const tables = [...one.tables, ...four.tables];
    this.#tables = words(tables.length * 256);
    tables.forEach((table, i) => this.#tables.set(table, i * 256));
    this.#mask = one.mask;
    this.#kernel = bankKernel('draw', () => [drawer()]);
  }

  /** Draws for all lanes of the PEs that fire. */
  draw({ live, stride }: BankRegisters, pes: number): void {
    const { plane } = this;
    const states = this.#states;
    states[0] = this.#source.state;
    const [tables, mask] = [this.#tables.byteOffset, this.#mask];
    const lanes = plane.length / stride;
    this.#kernel.draw(live.byteOffset, plane.byteOffset, pes, lanes, stride * 4, tables, mask, states.byteOffset);
    this.#source.state = states[0] >>> 0;
  }
}

/**
 * `draw(live, to, pes, lanes, stride, tables, mask, states)`: the states of all draws that there may be, behind the first,
 * which becomes the last one that a live PE takes; tables of one leap and of four (contract/random.ts).
 */
function drawer(): FunctionBuilder {
  const f = new FunctionBuilder('draw', 8);
  const [live, to, pes, lanes, stride, tables, mask, states] = f.parameters;
  const [next, place] = [f.local('i32'), f.local('i32')];
  const move = (pointer: Local, bytes: number) => f.emit(pointer.set(i32.add(pointer.get, i32.const(bytes))));
  const leap = (state: Code, first: number): Code => {
    const summand = (byte: number) => {
      const index = i32.and(i32.shrU(state, i32.const(8 * byte)), i32.const(255));
      return i32.load(i32.add(tables.get, i32.shl(index, i32.const(2))), (first + byte) * 1024);
    };
    return [1, 2, 3].map(summand).reduce(i32.xor, summand(0));
  };
  const chains: Local[] = [];
  for (let i = 0, state = i32.load(states.get); i < CHAINS; i++, state = chains[i - 1].get) {
    chains.push(f.local('i32'));
    f.emit(chains[i].set(leap(f.keep('i32', state), 0)));
  }
  f.emit(next.set(states.get));
  f.repeat(i32.divU(i32.add(i32.mul(pes.get, lanes.get), i32.const(CHAINS - 1)), i32.const(CHAINS)), () => {
    chains.forEach((chain, i) => f.emit(i32.store(next.get, chain.get, 4 + i * 4), chain.set(leap(chain.get, 4))));
    move(next, CHAINS * 4);
  });
  f.emit(next.set(states.get));
  f.repeat(pes.get, () => {
    f.when(i32.load16(live.get), () => {
      f.emit(place.set(to.get));
      f.repeat(lanes.get, () => {
        move(next, 4);
        f.emit(i32.store(place.get, i32.and(i32.load(next.get), mask.get)), place.set(i32.add(place.get, stride.get)));
      });
    });
    move(live, 2);
    move(to, 4);
  });
  f.emit(i32.store(states.get, i32.load(next.get)));
  return f;
}
