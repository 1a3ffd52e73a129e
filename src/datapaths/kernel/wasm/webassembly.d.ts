/** The part of the WebAssembly JavaScript interface that the kernels use; Node's own types leave it out. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Memory {
    readonly buffer: SharedArrayBuffer;
    constructor(description: { initial: number; maximum: number; shared: true });
    grow(pages: number): number;
  }
  class Instance {
    readonly exports: Record<string, unknown>;
    constructor(module: Module, imports: Record<string, Record<string, Memory>>);
  }
}
