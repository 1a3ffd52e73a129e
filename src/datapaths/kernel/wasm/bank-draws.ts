import type { Leaps, RandomSource } from '../random.js';
import { FunctionBuilder, i32, type Local } from './assembler.js';
import { bankKernel, type BankRegisters } from './bank-memory.js';
import type { Kernel } from './memory.js';

/** Random bits for every lane of a bank's PEs: [lanes, stride], drawn one PE after the other. */
export class Draws {
  readonly plane: Int32Array;
  readonly #source: RandomSource;
  readonly #state: Int32Array;
  readonly #tables: Int32Array;
  readonly #mask: number;
  readonly #kernel: Kernel;

  constructor(source: RandomSource, { tables, mask }: Leaps, { plane, stride }: BankRegisters, lanes: number) {
    const words = (length: number) => plane(length, Int32Array) as Int32Array;
    this.plane = words(lanes * stride);
    this.#source = source;
    this.#state = words(1);
    this.#tables = words(tables.length * 256);
    tables.forEach((table, i) => this.#tables.set(table, i * 256));
    this.#mask = mask;
    this.#kernel = bankKernel('draw', () => [drawer()]);
  }

  /** Draws for all lanes of the PEs that fire. */
  draw({ live, stride }: BankRegisters, pes: number): void {
    const { plane } = this;
    const [state, tables] = [this.#state, this.#tables];
    state[0] = this.#source.state;
    const lanes = plane.length / stride;
    const mask = this.#mask;
    this.#kernel.draw(
      live.byteOffset,
      plane.byteOffset,
      pes,
      lanes,
      stride * 4,
      tables.byteOffset,
      mask,
      state.byteOffset,
    );
    this.#source.state = state[0] >>> 0;
  }
}

/** `draw(live, to, pes, lanes, stride, tables, mask, state)`: a leap of the state (random.ts) for each lane of a live PE. */
function drawer(): FunctionBuilder {
  const f = new FunctionBuilder('draw', 8);
  const [live, to, pes, lanes, stride, tables, mask, at] = f.parameters;
  const [state, place] = [f.local('i32'), f.local('i32')];
  const move = (pointer: Local, bytes: number) => f.emit(pointer.set(i32.add(pointer.get, i32.const(bytes))));
  const summand = (byte: number) => {
    const index = i32.and(i32.shrU(state.get, i32.const(8 * byte)), i32.const(255));
    return i32.load(i32.add(tables.get, i32.shl(index, i32.const(2))), byte * 1024);
  };
  f.emit(state.set(i32.load(at.get)));
  f.repeat(pes.get, () => {
    f.when(i32.load16(live.get), () => {
      f.emit(place.set(to.get));
      f.repeat(lanes.get, () => {
        f.emit(state.set([1, 2, 3].map(summand).reduce(i32.xor, summand(0))));
        f.emit(i32.store(place.get, i32.and(state.get, mask.get)), place.set(i32.add(place.get, stride.get)));
      });
    });
    move(live, 2);
    move(to, 4);
  });
  f.emit(i32.store(at.get, state.get));
  return f;
}
