import { afterEach, describe, expect, it, vi } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import {
  ALONE,
  codeArray,
  compileGemm,
  type Gemm,
  type GemmJob,
  gemmPool,
  parallelGemm,
  sumArray,
} from '../../../../src/datapaths/kernel/index.js';
import { DONE, FAILED, type Share } from '../../../../src/datapaths/kernel/routes/parallel.js';
import { Room } from '../../../../src/datapaths/kernel/routes/room.js';
import { int } from '../../../../src/formats/catalog.js';
import { widthOf } from '../../../../src/formats/format.js';
import { stochastic } from '../../../../src/formats/rounding.js';
import { randomFrom } from '../../../../src/random/random.js';

/**
 * Threads that work at once where they are asked, so that what each is given can be seen: `does` is the worker's own way
 * unless a test has another.
 */
const { threads, port, at } = vi.hoisted(() => ({
  threads: [] as { ended: boolean; held: boolean; shares: Share[]; options: unknown }[],
  port: { listeners: [] as ((share: Share) => void)[] },
  at: { fails: (_share: Share): boolean => false },
}));

vi.mock('node:worker_threads', () => ({
  parentPort: { on: (_event: string, listener: (share: Share) => void) => port.listeners.push(listener) },
  Worker: class {
    ended = false;
    held = true;
    shares: Share[] = [];
    options: unknown;
    constructor(_url: URL, options: unknown) {
      this.options = options;
      threads.push(this);
    }
    unref() {
      this.held = false;
    }
    terminate() {
      this.ended = true;
    }
    postMessage(share: Share) {
      this.shares.push(share);
      if (at.fails(share)) {
        if (share.sums instanceof Uint32Array) share.sums.fill(77);
        Atomics.store(share.state, 0, FAILED);
      } else for (const listener of port.listeners) listener(share);
    }
  },
}));

await import('../../../../src/datapaths/kernel/routes/worker.js');

afterEach(() => {
  threads.length = 0;
  at.fails = () => false;
  vi.restoreAllMocks();
});

function drawn({ datapath: unit }: Gemm, [m, n, k]: readonly [number, number, number], begun = false): GemmJob {
  const random = randomFrom(31, m, n, k);
  const fill = <T extends Uint8Array | Uint16Array | Uint32Array>(codes: T, bits: number): T =>
    codes.map(() => random.below(2 ** bits)) as T;
  const job: GemmJob = {
    m,
    n,
    k,
    a: fill(codeArray(unit.a, m * k), widthOf(unit.a) - 2),
    b: fill(codeArray(unit.b, k * n), widthOf(unit.b) - 2),
  };
  if (unit.blockScale !== undefined) {
    const blocks = Math.ceil(k / unit.blockScale.size);
    // From 2^-7 to 1.
    const scales = (length: number) => new Uint8Array(length).map(() => 120 + random.below(8));
    job.aScales = scales(m * blocks);
    job.bScales = scales(n * blocks);
  }
  if (begun) {
    const c = sumArray(unit.sum.format, m * n);
    for (let i = 0; i < c.length; i++)
      if (c instanceof BigUint64Array) c[i] = BigInt(random.below(1000));
      else c[i] = random.below(1000);
    job.c = c;
  }
  return job;
}

const int8 = compileGemm(datapathNamed('int8'));
const rowsOf = () => threads.map(({ shares }) => shares.map(({ job }) => job.m));

describe('a product shared among threads', () => {
  it.each([
    ['int8', false],
    ['int8', true],
    ['fp8-fp16', true],
    ['blackwell-mxfp8', false],
  ])('%s, begun %s: is the one that a single thread computes', (name, begun) => {
    const unit = datapathNamed(name);
    const gemm = compileGemm(unit);
    const job = drawn(gemm, [301, 130, 128], begun);
    const pool = gemmPool(3);
    expect(pool.sums(gemm, job)).toEqual(gemm.sums(job));
    // 104 of 301 rows here, whole tiles for the others.
    expect(rowsOf()).toEqual([[100], [97]]);
    expect(threads.map(({ options }) => options)).toEqual([{ execArgv: [] }, { execArgv: [] }]);
    pool.close();
    expect(threads.every(({ ended }) => ended)).toBe(true);
  });

  it('has 64-bit sums where the register is wide', () => {
    const wide = compileGemm(datapath({ name: 'wide', a: int(8), b: int(8), sum: sumFit(int(40)) }));
    const job = drawn(wide, [300, 130, 128], true);
    const sums = gemmPool(2).sums(wide, job);
    expect(sums).toBeInstanceOf(BigUint64Array);
    expect(sums).toEqual(wide.sums(job));
    expect(rowsOf()).toEqual([[148]]);
  });

  it('lies in memory that grows and is used again', () => {
    const pool = gemmPool(3);
    for (const size of [
      [301, 130, 128],
      [64, 700, 200],
      [301, 130, 128],
      [9, 4100, 128],
    ] as const) {
      const job = drawn(int8, size, true);
      expect(pool.sums(int8, job)).toEqual(int8.sums(job));
    }
    expect(threads).toHaveLength(2);
    expect(threads[0].shares).toHaveLength(4);
    // A program ends though they wait.
    expect(threads.map(({ held }) => held)).toEqual([false, false]);
  });

  it('is done here where a thread fails, whose successor is a new one', () => {
    const pool = gemmPool(3);
    const job = drawn(int8, [301, 130, 128]);
    at.fails = ({ job: { m } }) => m === 97;
    expect(pool.sums(int8, job)).toEqual(int8.sums(job));
    expect(threads.map(({ ended }) => ended)).toEqual([true, true]);
    at.fails = () => false;
    expect(pool.sums(int8, job)).toEqual(int8.sums(job));
    expect(threads).toHaveLength(4);
  });

  it('says DONE when a share lies where it belongs, and FAILED where it cannot be computed', () => {
    const job = drawn(int8, [4, 4, 4]);
    const state = new Int32Array(new SharedArrayBuffer(4));
    const share = (sums: Share['sums'], over: Partial<GemmJob> = {}): Share => ({
      datapath: int8.datapath,
      order: int8.order,
      job: { ...job, ...over },
      sums,
      state,
    });
    const sums = new Uint32Array(16);
    for (const listener of port.listeners) listener(share(sums));
    expect([state[0], sums]).toEqual([DONE, int8.sums(job)]);
    for (const listener of port.listeners) listener(share(sums, { k: -1 }));
    expect(state[0]).toBe(FAILED);
  });
});

describe('who works', () => {
  const asked = (count: number, size: readonly [number, number, number], gemm = int8) => {
    gemmPool(count).sums(gemm, drawn(gemm, size));
    return threads.length;
  };

  it('is one thread, where there is no other, or too little to do', () => {
    expect(gemmPool(1)).toBe(ALONE);
    expect(gemmPool(0)).toBe(ALONE);
    expect(gemmPool(2)).not.toBe(ALONE);
    ALONE.close();
    const job = drawn(int8, [3, 4, 5]);
    expect(ALONE.sums(int8, job)).toEqual(int8.sums(job));
    expect(asked(2, [1023, 64, 64])).toBe(0);
    expect(asked(3, [4, 2048, 1024])).toBe(0);
  });

  it('are more from 2^22 products on', () => expect(asked(2, [1024, 64, 64])).toBe(1));

  it('are more where there are rows for two', () => expect(asked(3, [5, 2048, 1024])).toBe(2));

  it('is one thread where each output has random bits of its own', () => {
    const random = compileGemm(
      datapath({ name: 'own', a: int(8), b: int(8), sum: sumFit('bf16', { rounding: stochastic(4, 1, true) }) }),
    );
    expect(asked(2, [1024, 64, 64], random)).toBe(0);
  });
});

/** Works so long, and then waits: what the clock says at the start, when the own rows are done, and when all are. */
function timed(...spans: readonly (readonly [worked: number, waited: number])[]) {
  let now = 0;
  const times = spans.flatMap(([worked, waited]) => [now, (now += worked), (now += waited)]);
  vi.spyOn(performance, 'now').mockImplementation(() => times.shift() ?? expect.fail('the clock was asked too often'));
}

it('takes more rows where it had to wait for others, and less where it had not', () => {
  const size = [10_000, 16, 32] as const;
  const job = drawn(int8, size);
  const own = (spans: readonly (readonly [number, number])[]) => {
    threads.length = 0;
    const pool = gemmPool(2);
    timed(...spans);
    for (const _ of spans) pool.sums(int8, job);
    return threads[0].shares.map(({ job: { m } }) => size[0] - m);
  };
  // A twentieth more at most, or a quarter of the share that was waited for, from a fiftieth on.
  expect(
    own([
      [100, 100],
      [100, 4],
      [100, 2],
      [1, 1],
    ]),
  ).toEqual([5000, 5252, 5304, 5252]);
  expect(
    own([
      [100, 100],
      [100, 100],
      [100, 100],
      [1, 0],
    ]),
  ).toEqual([5000, 5252, 5500, 5500]);
  const down = own(Array.from({ length: 40 }, () => [100, 0] as const));
  expect([down[1], down.at(-1)]).toEqual([4952, 3500]);
});

it('a product of its own threads ends with them', () => {
  const gemm = parallelGemm(int8, 2);
  const job = drawn(int8, [1024, 64, 64]);
  expect(gemm.sums(job)).toEqual(int8.sums(job));
  gemm.close();
  expect(threads.map(({ ended }) => ended)).toEqual([true]);
});

describe('a room', () => {
  it('gives 64 bytes or several to each, from its start when it is cleared', () => {
    const room = new Room();
    const first = room.take(Uint8Array, 65);
    const second = room.take(Uint16Array, 32);
    expect([first.length, first.byteOffset]).toEqual([65, 0]);
    // It had room for one, and grew.
    expect([second.length, second.byteOffset]).toEqual([32, 0]);
    expect(second.buffer).not.toBe(first.buffer);
    expect(second.buffer.byteLength).toBe(256);
    const places = [room.take(Uint8Array, 1), room.take(Uint8Array, 64), room.take(Uint8Array, 64)];
    expect(places.map(({ byteOffset }) => byteOffset)).toEqual([64, 128, 192]);
    expect(places.every(({ buffer }) => buffer === second.buffer)).toBe(true);
    room.clear();
    expect(room.take(Uint8Array, 1).byteOffset).toBe(0);
  });

  it('copies codes of every width', () => {
    const room = new Room();
    for (const codes of [
      Uint8Array.of(1, 200),
      Uint16Array.of(1, 60_000, 3),
      Uint32Array.of(2 ** 32 - 1),
      BigUint64Array.of(1n << 60n),
    ]) {
      const whole = room.copyOf(codes);
      expect(whole).toEqual(codes);
      expect(whole.buffer).toBeInstanceOf(SharedArrayBuffer);
      const part = codes.subarray(codes.length - 1);
      expect(room.copyOf(part)).toEqual(part.slice());
    }
  });
});
