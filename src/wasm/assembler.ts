/**
 * A small assembler for WebAssembly: expressions are the bytes that leave one value on the stack, statements are bytes
 * that leave none. Binary format and opcodes: WebAssembly core specification 2.0, chapter 5 (SIMD: 5.4.8).
 */
export type Code = readonly number[];
export type Type = 'i32' | 'i64' | 'v128';

const TYPES: Record<Type, number> = { i32: 0x7f, i64: 0x7e, v128: 0x7b };

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128. */
export function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const last = (rest === 0n && low < 64) || (rest === -1n && low >= 64);
    bytes.push(last ? low : low | 0x80);
    if (last) return bytes;
  }
}

/** A local or parameter of a function. */
export interface Local {
  get: Code;
  set: (value: Code) => Code;
  tee: (value: Code) => Code;
}

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(BigInt(value | 0))],
  add: (x: Code, y: Code): Code => [...x, ...y, 0x6a],
  sub: (x: Code, y: Code): Code => [...x, ...y, 0x6b],
  mul: (x: Code, y: Code): Code => [...x, ...y, 0x6c],
  divU: (x: Code, y: Code): Code => [...x, ...y, 0x6e],
  and: (x: Code, y: Code): Code => [...x, ...y, 0x71],
  or: (x: Code, y: Code): Code => [...x, ...y, 0x72],
  ltU: (x: Code, y: Code): Code => [...x, ...y, 0x49],
  eqz: (x: Code): Code => [...x, 0x45],
  clz: (x: Code): Code => [...x, 0x67],
  load: (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)],
  load8: (address: Code, offset = 0): Code => [...address, 0x2d, 0, ...unsigned(offset)],
  load16: (address: Code, offset = 0): Code => [...address, 0x2f, 1, ...unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x36, 2, ...unsigned(offset)],
  store8: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x3a, 0, ...unsigned(offset)],
  xor: (x: Code, y: Code): Code => [...x, ...y, 0x73],
  shl: (x: Code, y: Code): Code => [...x, ...y, 0x74],
  shrU: (x: Code, y: Code): Code => [...x, ...y, 0x76],
  minU: (x: Code, y: Code): Code => [...x, ...y, ...i32.ltU(x, y), 0x1b],
  /** Moves 1, 2, 4 or 8 bytes from one address to another. */
  copy: (bytes: number, to: Code, offset: number, from: Code): Code => {
    const [load, store, align] =
      bytes === 1 ? [0x2d, 0x3a, 0] : bytes === 2 ? [0x2f, 0x3b, 1] : bytes === 4 ? [0x28, 0x36, 2] : [0x29, 0x37, 3];
    return [...to, ...from, load, align, 0, store, align, ...unsigned(offset)];
  },
};

export const i64 = {
  const: (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))],
  load: (address: Code, offset = 0): Code => [...address, 0x29, 3, ...unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x37, 3, ...unsigned(offset)],
  popcnt: (x: Code): Code => [...x, 0x7b],
  add: (x: Code, y: Code): Code => [...x, ...y, 0x7c],
  or: (x: Code, y: Code): Code => [...x, ...y, 0x84],
  xor: (x: Code, y: Code): Code => [...x, ...y, 0x85],
  shl: (x: Code, y: Code): Code => [...x, ...y, 0x86],
  wrap: (x: Code): Code => [...x, 0xa7],
  extend: (x: Code): Code => [...x, 0xad],
};

/** A function under construction: parameters first, locals as they are asked for. */
export class FunctionBuilder {
  readonly name: string;
  readonly parameters: readonly Local[];
  private readonly locals: Type[] = [];
  private readonly count: number;
  private readonly body: number[] = [];

  /** All parameters are i32. */
  constructor(name: string, count: number) {
    this.name = name;
    this.count = count;
    this.parameters = Array.from({ length: count }, (_, index) => localAt(index));
  }

  local(type: Type): Local {
    this.locals.push(type);
    return localAt(this.count + this.locals.length - 1);
  }

  /** Keeps a value in a local of its own; gives the code that reads it. */
  keep(type: Type, value: Code): Code {
    const local = this.local(type);
    this.emit(local.set(value));
    return local.get;
  }

  emit(...statements: Code[]): void {
    for (const statement of statements) for (const byte of statement) this.body.push(byte);
  }

  /** Runs the body `times` (an i32, at least one) times. */
  repeat(times: Code, body: () => void): void {
    const left = this.local('i32');
    this.emit(left.set(times), [0x03, 0x40]);
    body();
    this.emit(left.tee(i32.sub(left.get, i32.const(1))), [0x0d, 0, 0x0b]);
  }

  when(condition: Code, body: () => void, otherwise?: () => void): void {
    this.emit(condition, [0x04, 0x40]);
    body();
    if (otherwise !== undefined) {
      this.emit([0x05]);
      otherwise();
    }
    this.emit([0x0b]);
  }

  bytes(): Uint8Array {
    const declared = [...unsigned(this.locals.length), ...this.locals.flatMap((type) => [1, TYPES[type]])];
    return joined(unsigned(declared.length + this.body.length + 1), declared, this.body, [0x0b]);
  }
}

function localAt(index: number): Local {
  const at = unsigned(index);
  return {
    get: [0x20, ...at],
    set: (value) => [...value, 0x21, ...at],
    tee: (value) => [...value, 0x22, ...at],
  };
}

/** Bytes one after another. */
function joined(...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function section(id: number, ...content: ArrayLike<number>[]): Uint8Array {
  const bytes = joined(...content);
  return joined([id], unsigned(bytes.length), bytes);
}

const text = (value: string): number[] => [...unsigned(value.length), ...Buffer.from(value, 'latin1')];

/** A module that imports shared memory `env.memory` and exports its functions by name. */
export function moduleBytes(functions: readonly FunctionBuilder[], maximumPages: number): Uint8Array<ArrayBuffer> {
  const types = functions.flatMap(({ parameters }) => [
    0x60,
    ...unsigned(parameters.length),
    ...parameters.map(() => TYPES.i32),
    0,
  ]);
  const memory = [1, ...text('env'), ...text('memory'), 2, 3, 1, ...unsigned(maximumPages)];
  const exported = functions.flatMap(({ name }, index) => [...text(name), 0, ...unsigned(index)]);
  const count = unsigned(functions.length);
  return joined(
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, count, types),
    section(2, memory),
    section(
      3,
      count,
      functions.flatMap((_, index) => unsigned(index)),
    ),
    section(7, count, exported),
    section(10, count, ...functions.map((each) => each.bytes())),
  );
}
