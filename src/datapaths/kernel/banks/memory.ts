import type { Plane, RegisterFile } from '../contract/bank.js';
import type { CodeArray } from '../contract/gemm.js';
import { FunctionBuilder, i32, moduleBytes } from '../../../wasm/assembler.js';
import { instantiate, type Kernel } from '../../../wasm/memory.js';

/** 2 GiB: the most that the registers of the meshes at work may take. */
const MAXIMUM_PAGES = 32768;
const PAGE = 65536;

/**
 * The memory that banks have their registers in: another than the kernels', which start each call from its beginning.
 * Meshes are stepped by one call, so that the last bank taken is the first to be released.
 */
let memory: WebAssembly.Memory | undefined;
let used = 64;

export function bankMemory(): WebAssembly.Memory {
  memory ??= new WebAssembly.Memory({ initial: 16, maximum: MAXIMUM_PAGES, shared: true });
  return memory;
}

const compiled = new Map<string, Kernel>();

/** Functions compiled against the banks' memory, once for each key. */
export function bankKernel(key: string, build: () => readonly FunctionBuilder[]): Kernel {
  let kernel = compiled.get(key);
  if (kernel === undefined) {
    const module = new WebAssembly.Module(moduleBytes(build(), MAXIMUM_PAGES));
    compiled.set(key, (kernel = instantiate(module, bankMemory())));
  }
  return kernel;
}

/** What registers are seen as. */
export interface View {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Plane;
}

/** Planes that move together: as `shift` reads them, and how each one sinks. */
interface Group {
  descriptor: number;
  planes: readonly { sink: Kernel[string]; at: number; lanes: number; bytes: number }[];
}

/** Registers of a bank, in whole blocks of sums. */
export class BankRegisters implements RegisterFile {
  readonly stride: number;
  readonly live: Uint16Array;
  readonly depths: Int32Array;
  readonly #view: View;
  readonly #from = used;
  readonly #groups: Group[] = [];
  readonly #moves = bankKernel('moves', () => [shifter(), ...[1, 2, 4, 8].map(sinker)]);

  constructor(pes: number, block: number, view: View) {
    this.stride = Math.ceil(pes / block) * block;
    this.#view = view;
    this.live = new Uint16Array(bankMemory().buffer, take(this.stride * 2), this.stride).fill(0);
    this.depths = new Int32Array(bankMemory().buffer, take(this.stride * 4), this.stride);
  }

  plane = (length: number, view = this.#view): Plane => {
    const address = take(length * view.BYTES_PER_ELEMENT);
    return new view(bankMemory().buffer, address, length).fill(0);
  };

  codes = (like: CodeArray, length: number): CodeArray => {
    const View = like.constructor as new (buffer: ArrayBufferLike, byteOffset: number, length: number) => CodeArray;
    const address = take(length * like.BYTES_PER_ELEMENT);
    return new View(bankMemory().buffer, address, length).fill(0);
  };

  group = (planes: readonly (Plane | CodeArray)[]): number => {
    const descriptor = take(planes.length * DESCRIPTOR);
    new Int32Array(bankMemory().buffer, descriptor, planes.length * 3).set(
      planes.flatMap(({ byteOffset, byteLength, BYTES_PER_ELEMENT }) => [byteOffset, byteLength, BYTES_PER_ELEMENT]),
    );
    const parts = planes.map(({ byteOffset: at, length, BYTES_PER_ELEMENT: bytes }) => ({
      sink: this.#moves[`sink${bytes}`],
      at,
      lanes: length / this.stride,
      bytes,
    }));
    return this.#groups.push({ descriptor, planes: parts }) - 1;
  };

  shift = (to: number, from: number, distance: number): void => {
    const { descriptor, planes } = this.#groups[to];
    this.#moves.shift(descriptor, this.#groups[from].descriptor, planes.length, distance);
  };

  sink = (group: number, columns: number): void => {
    const { stride, depths } = this;
    for (const { sink, at, lanes, bytes } of this.#groups[group].planes)
      sink(at, lanes, stride * bytes, depths.byteOffset, columns);
  };

  flags(blocks: number): Int32Array {
    return new Int32Array(bankMemory().buffer, take(blocks * 4), blocks);
  }

  release = (): void => {
    used = this.#from;
  };
}

/** Bytes of a plane's address, length in bytes and bytes of an element. */
const DESCRIPTOR = 12;

/** `shift(to, from, planes, distance)` by descriptors: on shared memory JavaScript itself copies byte by byte. */
function shifter(): FunctionBuilder {
  const f = new FunctionBuilder('shift', 4);
  const [to, from, planes, distance] = f.parameters;
  const bytes = f.local('i32');
  f.repeat(planes.get, () => {
    f.emit(bytes.set(i32.mul(i32.load(to.get, 8), distance.get)));
    const [target, length] = [i32.add(i32.load(to.get), bytes.get), i32.sub(i32.load(to.get, 4), bytes.get)];
    // memory.copy
    f.emit([...target, ...i32.load(from.get), ...length, 0xfc, 10, 0, 0]);
    for (const pointer of [to, from]) f.emit(pointer.set(i32.add(pointer.get, i32.const(DESCRIPTOR))));
  });
  return f;
}

/** `sink(plane, lanes, stride, depths, columns)`: in each column of each lane, so many rows take the word above. */
function sinker(bytes: number): FunctionBuilder {
  const f = new FunctionBuilder(`sink${bytes}`, 5);
  const [plane, lanes, stride, depths, columns] = f.parameters;
  const [first, depth, at, above, left] = Array.from({ length: 5 }, () => f.local('i32'));
  const row = f.keep('i32', i32.mul(columns.get, i32.const(bytes)));
  f.repeat(lanes.get, () => {
    f.emit(first.set(plane.get), depth.set(depths.get));
    f.repeat(columns.get, () => {
      f.emit(left.set(i32.load(depth.get)));
      f.when(left.get, () => {
        f.emit(at.set(i32.add(first.get, i32.mul(left.get, row))));
        f.repeat(left.get, () =>
          f.emit(above.set(i32.sub(at.get, row)), i32.copy(bytes, at.get, 0, above.get), at.set(above.get)),
        );
      });
      f.emit(first.set(i32.add(first.get, i32.const(bytes))), depth.set(i32.add(depth.get, i32.const(4))));
    });
    f.emit(plane.set(i32.add(plane.get, stride.get)));
  });
  return f;
}

/** Address of so many bytes, aligned to 64. */
function take(bytes: number): number {
  const address = used;
  used += Math.ceil(bytes / 64) * 64;
  const { buffer } = bankMemory();
  if (used > buffer.byteLength) bankMemory().grow(Math.ceil((used - buffer.byteLength) / PAGE));
  return address;
}
