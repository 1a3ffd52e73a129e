import { FunctionBuilder, moduleBytes } from './assembler.js';

/** 2 GiB: the most that the kernels' shared memory may grow to. */
const MAXIMUM_PAGES = 32768;
const PAGE = 65536;

/** One memory for all kernels of a thread and for the worker threads that help it. */
let memory: WebAssembly.Memory | undefined;

export function sharedMemory(): WebAssembly.Memory {
  memory ??= new WebAssembly.Memory({ initial: 16, maximum: MAXIMUM_PAGES, shared: true });
  return memory;
}

/** Places in the memory, for one call; every call starts from the beginning again, or behind what another still has there. */
export class Arena {
  private used: number;

  constructor(from = 64) {
    this.used = from;
  }

  /** Address behind all that was taken. */
  get end(): number {
    return this.used;
  }

  /** Address of so many bytes, aligned to 64. */
  take(bytes: number): number {
    const address = this.used;
    this.used += Math.ceil(bytes / 64) * 64;
    const { buffer } = sharedMemory();
    if (this.used > buffer.byteLength) sharedMemory().grow(Math.ceil((this.used - buffer.byteLength) / PAGE));
    return address;
  }
}

export type Kernel = Record<string, (...parameters: number[]) => void>;

/** Compiles functions against the shared memory. */
export function kernelOf(functions: readonly FunctionBuilder[]): Kernel {
  return instantiate(new WebAssembly.Module(moduleBytes(functions, MAXIMUM_PAGES)), sharedMemory());
}

export function instantiate(module: WebAssembly.Module, shared: WebAssembly.Memory): Kernel {
  return new WebAssembly.Instance(module, { env: { memory: shared } }).exports as Kernel;
}
