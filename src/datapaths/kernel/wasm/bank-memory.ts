import type { Plane, Registers } from '../bank.js';
import type { CodeArray } from '../gemm.js';
import { FunctionBuilder, i32, moduleBytes } from './assembler.js';
import { instantiate, type Kernel } from './memory.js';

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

/** A function compiled against the banks' memory, once for each key. */
export function bankKernel(key: string, build: () => FunctionBuilder): Kernel {
  let kernel = compiled.get(key);
  if (kernel === undefined) {
    const module = new WebAssembly.Module(moduleBytes([build()], MAXIMUM_PAGES));
    compiled.set(key, (kernel = instantiate(module, bankMemory())));
  }
  return kernel;
}

/** What registers are seen as. */
export interface View {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Plane;
}

/** Registers of a bank, in whole blocks of sums. */
export class BankRegisters implements Registers {
  readonly stride: number;
  readonly live: Uint16Array;
  readonly #view: View;
  readonly #from = used;

  constructor(pes: number, block: number, view: View) {
    this.stride = Math.ceil(pes / block) * block;
    this.#view = view;
    this.live = new Uint16Array(bankMemory().buffer, take(this.stride * 2), this.stride).fill(0);
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

  shift = <T extends Plane | CodeArray>(to: T, from: T, distance: number): void => {
    const bytes = distance * to.BYTES_PER_ELEMENT;
    bankKernel('move', mover).move(to.byteOffset + bytes, from.byteOffset, to.byteLength - bytes);
  };

  sink = (plane: Plane | CodeArray, from: number, distance: number, count: number): void => {
    if (count === 0) return;
    const { BYTES_PER_ELEMENT: bytes, byteOffset, length } = plane;
    const name = `sink${bytes}`;
    const kernel = bankKernel(name, () => sinker(name, bytes));
    kernel[name](byteOffset + from * bytes, distance * bytes, count, length / this.stride, this.stride * bytes);
  };

  flags(blocks: number): Int32Array {
    return new Int32Array(bankMemory().buffer, take(blocks * 4), blocks);
  }

  release = (): void => {
    used = this.#from;
  };
}

/** `move(to, from, bytes)`: on shared memory JavaScript itself copies byte by byte. */
function mover(): FunctionBuilder {
  const f = new FunctionBuilder('move', 3);
  const [to, from, bytes] = f.parameters;
  // memory.copy
  f.emit([...to.get, ...from.get, ...bytes.get, 0xfc, 10, 0, 0]);
  return f;
}

/** `sink(at, distance, count, lanes, stride)`: in each lane, `count` times up, a register takes what lies a distance before. */
function sinker(name: string, bytes: number): FunctionBuilder {
  const f = new FunctionBuilder(name, 5);
  const [first, distance, count, lanes, stride] = f.parameters;
  const [at, above] = [f.local('i32'), f.local('i32')];
  f.repeat(lanes.get, () => {
    f.emit(at.set(first.get));
    f.repeat(count.get, () => {
      f.emit(above.set(i32.sub(at.get, distance.get)), i32.copy(bytes, at.get, 0, above.get), at.set(above.get));
    });
    f.emit(first.set(i32.add(first.get, stride.get)));
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
