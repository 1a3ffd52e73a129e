import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { runMesh } from '../../../src/arrays/clocked.js';
import { type MacArray, macArray, orderOf } from '../../../src/arrays/dataflow.js';
import { datapathNamed } from '../../../src/datapaths/catalog.js';
import { compileUnit } from '../../../src/datapaths/kernel/index.js';
import { portStreams } from '../../../src/outputs/vectors/streams.js';

type Words = Record<string, number[]>;

/** Shows what was put in so many edges before. */
function delayLine<T>(edges: number, empty: T): (value: T) => T {
  const line = Array.from({ length: edges }, () => empty);
  return (value) => {
    line.push(value);
    return line.shift() as T;
  };
}

const int8 = (code: number) => (code << 24) >> 24;

/** An operand word with the bits that go with it. */
interface Word {
  codes: number[];
  valid: number[];
  first: boolean;
  last: boolean;
}
const NONE: Word = { codes: [], valid: [], first: false, last: false };
const isThere = ({ valid }: Word) => valid.includes(1);
const dot = (x: Word, y: Word) =>
  x.codes.reduce((sum, code, lane) => sum + x.valid[lane] * int8(code) * int8(y.codes[lane] ?? 0), 0);

/** The words of a port, one for each row or column. */
function wordsOf(words: Words, name: string, lanes: number): Word[] {
  return Array.from({ length: words[name].length / lanes }, (_, i) => ({
    codes: words[name].slice(i * lanes, (i + 1) * lanes),
    valid: words[`${name}_valid`]?.slice(i * lanes, (i + 1) * lanes) ?? [],
    first: words[`${name}_first`]?.[i] === 1,
    last: words[`${name}_last`]?.[i] === 1,
  }));
}

/** A PE: what passes it, and what it has made of it. */
function newPe({ multiplyStages, addStages }: MacArray) {
  return {
    right: NONE,
    down: NONE,
    product: delayLine(multiplyStages, { product: 0, first: false, last: false }),
    added: delayLine(addStages - 1, { product: 0, first: false, last: false }),
    adder: delayLine(addStages - 1, 0),
    sum: 0,
    leaving: 0,
    done: false,
    held: NONE,
    next: NONE,
    loaded: false,
  };
}

/**
 * An array of integers from the meaning of its ports alone: takes the words of an edge, and gives
 * what was below its columns before.
 */
function arrayOf(array: MacArray, lanes: number): (words: Words) => number[] {
  const { rows, cols, dataflow, operands } = array;
  const [moving, other] = dataflow === 'is' ? ['b', 'a'] : ['a', 'b'];
  const pes = Array.from({ length: rows }, () => Array.from({ length: cols }, () => newPe(array)));
  const hops = operands === 'systolic';
  /** Edges in which each column has shifted: a row whose own sum has left may hold the next tile's already, and keeps it. */
  const shifted = new Uint32Array(cols);
  const outOf = ({ done, sum, leaving }: (typeof pes)[0][0]) => (done ? sum : leaving);
  return (words) => {
    const below = pes[rows - 1].map((pe) => (dataflow === 'os' ? outOf(pe) : pe.sum));
    const [fromLeft, fromTop] = [wordsOf(words, moving, lanes), wordsOf(words, other, lanes)];
    // From the far corner on, so that neighbours still hold what they held before the edge.
    for (let r = rows - 1; r >= 0; r--)
      for (let c = cols - 1; c >= 0; c--) {
        const pe = pes[r][c];
        const above = pes[r - 1]?.[c];
        const right = c > 0 && hops ? pes[r][c - 1].right : fromLeft[r];
        if (dataflow === 'os') {
          const down = r > 0 && hops ? above.down : fromTop[c];
          const own = isThere(right) && isThere(down);
          const met = { product: dot(right, down), first: own && right.first, last: own && right.last };
          const { product, first, last } = pe.added(pe.product(met));
          const out = outOf(pe);
          const shifts = words.drain[c] === 1 && r > shifted[c] % rows;
          pe.leaving = shifts ? outOf(above) : out;
          pe.sum = (first ? 0 : pe.sum) + product;
          pe.done = last;
          Object.assign(pe, { right, down });
        } else {
          if (right.first) pe.held = pe.next;
          const { product } = pe.product({ product: dot(right, pe.held), first: false, last: false });
          const shifts =
            words[`${other}_load`][c] === 1 &&
            (above === undefined || (words[`${other}_load_first`][c] === 0 && above.loaded));
          if (shifts) pe.next = above === undefined ? fromTop[c] : above.next;
          if (words[`${other}_load`][c] === 1) pe.loaded = shifts;
          pe.sum = pe.adder((above === undefined ? (words.c?.[c] ?? 0) | 0 : above.sum) + product);
          pe.right = right;
        }
      }
    words.drain?.forEach((drains, c) => (shifted[c] += drains));
    return below;
  };
}

const UNITS = [1, 2, 3].map((lanes) => {
  const unit = { ...datapathNamed('int8'), lanes };
  return { unit, compiled: compileUnit(unit) };
});

const size = fc.integer({ min: 1, max: 4 });
const arrays: fc.Arbitrary<MacArray> = fc.record({
  rows: size,
  cols: size,
  dataflow: fc.constantFrom('os', 'ws', 'is'),
  accumulation: fc.constantFrom('memory', 'reinject'),
  edge: fc.constant('whole'),
  doubleBuffer: fc.boolean(),
  operands: fc.constantFrom('systolic', 'broadcast'),
  multiplyStages: fc.integer({ min: 0, max: 2 }),
  addStages: fc.integer({ min: 1, max: 3 }),
});
const length = fc.integer({ min: 1, max: 9 });
const jobs = fc.record({
  layer: fc.constant('random'),
  m: length,
  n: length,
  k: length,
  groups: fc.integer({ min: 1, max: 2 }),
});

it('an array built from the meaning of its ports gives every expected sum at its edge, in every dataflow', () => {
  let sums = 0;
  fc.assert(
    fc.property(jobs, arrays, fc.integer({ min: 1, max: 3 }), (job, array, lanes) => {
      const { m, n, k, groups } = job;
      const { unit, compiled } = UNITS[lanes - 1];
      const codes = (count: number, by: number) => Uint8Array.from({ length: count }, (_, i) => (i * by + 5) % 251);
      const product = { job, a: codes(groups * m * k, 37), b: codes(groups * k * n, 91) };
      const order = orderOf(array, unit);
      const { sums: memory } = runMesh({ product, array, order, unit: compiled });
      const { streams, run } = portStreams({ product, array, unit, order, sums: memory });
      const clock = arrayOf(array, lanes);
      let found = 0;
      run((row) => {
        const words: Words = Object.fromEntries(streams.map(({ name }, i) => [name, row[i].map(Number)]));
        const below = clock(words);
        const wanted = below.map((sum, col) => words.expected_valid[col] * sum);
        if (wanted.some((sum, col) => sum !== (words.expected[col] | 0))) expect(words.expected).toEqual(wanted);
        found += words.expected_valid.filter(Boolean).length;
      });
      // os: a sum once; ws and is: once for each tile of k.
      const times = array.dataflow === 'os' ? 1 : Math.ceil(k / (array.rows * lanes));
      expect(found).toBe(groups * m * n * times);
      sums += found;
    }),
    { numRuns: 150, seed: 41 },
  );
  expect(sums).toBeGreaterThan(5000);
});

it('each port says which way it goes, how many codes it has, and what it carries', () => {
  const portsOf = (dataflow: MacArray['dataflow'], accumulation: MacArray['accumulation'] = 'memory') => {
    const array = macArray({ rows: 2, cols: 3, dataflow, accumulation });
    const { unit, compiled } = UNITS[1];
    const job = { layer: 'l', m: 2, n: 2, k: 9 };
    const product = { job, a: new Uint8Array(18), b: new Uint8Array(18) };
    const order = orderOf(array, unit);
    const { sums } = runMesh({ product, array, order, unit: compiled });
    return portStreams({ product, array, unit, order, sums }).streams.map(
      ({ name, direction, lanes, meaning, valid }) =>
        [name, direction, lanes, meaning, ...(valid === undefined ? [] : [valid])].join(' | '),
    );
  };
  const moving = (name: string, lanes: number) => [
    `${name} | in | ${lanes} | operand ${name}`,
    `${name}_valid | in | ${lanes} | ${name} has a code of a product there`,
  ];
  const ends = (name: string) => [
    `${name}_first | in | 2 | the first word of a tile`,
    `${name}_last | in | 2 | the last word of a tile`,
  ];
  const sums = (name: string, direction: string, meaning: string) => [
    `${name} | ${direction} | 3 | ${meaning} | ${name}_valid`,
    `${name}_valid | ${direction} | 3 | ${name} has a sum there`,
  ];
  const below = sums('expected', 'out', 'the sum below each column');
  const loaded = (name: string) => [
    `${name} | in | 6 | operand ${name}`,
    `${name}_load | in | 3 | the column's ${name} registers shift down`,
    `${name}_load_first | in | 3 | the first word of a tile, which row 0 alone takes`,
  ];
  expect(portsOf('os')).toEqual([
    ...[...moving('a', 4), ...ends('a'), ...moving('b', 6)],
    ...[
      "drain | in | 3 | finished sums shift down: row r takes that of the row above it r times, then keeps its own tile's next",
      ...below,
    ],
  ]);
  expect(portsOf('ws')).toEqual([...moving('a', 4), ...ends('a'), ...loaded('b'), ...below]);
  expect(portsOf('is')).toEqual([...moving('b', 4), ...ends('b'), ...loaded('a'), ...below]);
  const top = sums('c', 'in', 'the sum that goes on in each column');
  expect(portsOf('ws', 'reinject')).toEqual([...moving('a', 4), ...ends('a'), ...loaded('b'), ...top, ...below]);
});
