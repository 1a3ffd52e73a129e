import { runMesh } from '../../arrays/clocked.js';
import { noCounts } from '../../arrays/counts.js';
import { DATAFLOWS, type MacArray, movesOf } from '../../arrays/dataflow.js';
import { OperandPorts, type TilePlace, type ArrayProduct } from '../../arrays/ports.js';
import { timingOf, turnsOf } from '../../arrays/schedule.js';
import { tilesOf } from '../../arrays/tiling.js';
import { type Datapath, totalFitOf } from '../../datapaths/datapath.js';
import { compileUnit, type CodeArray } from '../../datapaths/kernel/index.js';
import type { Order } from '../../datapaths/order.js';
import { int } from '../../formats/catalog.js';
import type { Format } from '../../formats/format.js';
import { type Feed, type Feeds, feedsOf, isOwn } from './feeds.js';
import type { PortEntry } from './manifest.js';
import type { Port } from '../words/port.js';

/** A product on an array, to be shown on the array's ports. */
export interface StreamJob {
  product: ArrayProduct;
  array: MacArray;
  unit: Datapath;
  /** The order of the additions that the array gives the unit. */
  order: Order;
  /** Codes [groups, m, n]. */
  sums: ArrayLike<number>;
}

/** A port and what it carries at an edge; edges are asked in order. */
export interface Stream extends Port, Pick<PortEntry, 'direction' | 'valid' | 'meaning'> {
  at(edge: number): readonly number[];
}

/**
 * What is on the ports of an array at every clock edge while it works on a product. Word e of a port is on it at edge e,
 * counted from 0: the edge takes the inputs; the outputs show then what earlier edges have made of theirs.
 *
 * Rows, or columns, lie side by side in a word, the first in the least significant bits, `lanes` operand codes each. What
 * no bit calls valid is 0.
 */
export interface PortStreams {
  streams: readonly Stream[];
  /** Runs the clocked array and calls `row` with the words of all streams, edge by edge. */
  run(row: (words: bigint[][]) => void): void;
}

export function portStreams(job: StreamJob): PortStreams {
  const { product, array, unit, order } = job;
  const planes = Array.from({ length: array.addStages }, () => new Float64Array(array.rows * array.cols));
  // What a register held addStages edges ago is on the wire below it now.
  const streams = streamsOf(job, (edge, pe) => planes[edge % planes.length][pe]);
  return {
    streams,
    run(row) {
      runMesh(
        { product, array, order, unit: compileUnit(unit) },
        {
          cycle(edge, { sum }) {
            row(streams.map((stream) => stream.at(edge).map(BigInt)));
            planes[edge % planes.length].set(sum);
          },
        },
      );
    },
  };
}

const BIT = int(1, false);

function streamsOf(job: StreamJob, onWire: (edge: number, pe: number) => number): Stream[] {
  const { product, array, unit, order } = job;
  const { lanes } = unit;
  const flow = DATAFLOWS[array.dataflow];
  const { right, down, stays } = movesOf(flow) as Record<'right' | 'down' | 'stays', 'a' | 'b'>;
  const timing = timingOf(array, order);
  const feeds = feedsOf(array, [...turnsOf(tilesOf(product.job, array, lanes), timing)], timing);
  const operands = new OperandPorts(product, flow, lanes, noCounts());
  const moving = movingStreams(right, unit, feeds.rows, operands);
  const addressOf = addresses(job);
  if (array.dataflow === 'os') {
    const shown = sumStreams(
      'expected',
      'out',
      totalFitOf(unit, order).format,
      feeds.drain,
      (place) => job.sums[addressOf(place)],
    );
    return [...moving, ...enteringStreams(down, unit, feeds.cols, operands), drainStream(feeds), ...shown];
  }
  const partial = new Float64Array(job.sums.length);
  const below = sumStreams('expected', 'out', unit.sum.format, feeds.below, (place, edge) => {
    const code = onWire(edge, (place.tile.height - 1) * array.cols + place.col);
    partial[addressOf(place)] = code;
    return code;
  });
  const top = sumStreams('c', 'in', unit.sum.format, feeds.top, (place) => partial[addressOf(place)]);
  return [...moving, ...loadedStreams(stays, unit, feeds, operands), ...(timing.reinject ? top : []), ...below];
}

type Part = 'a' | 'b';

/** The operand that moves right, with the bits that go with its words. */
function movingStreams(name: Part, unit: Datapath, feed: Feed, operands: OperandPorts): Stream[] {
  const ofStep = (is: (place: TilePlace) => boolean) => (place: TilePlace | undefined) =>
    place !== undefined && is(place);
  return [
    ...enteringStreams(name, unit, feed, operands),
    bits(
      `${name}_first`,
      feed,
      'the first word of a tile',
      ofStep(({ step }) => step === 0),
    ),
    bits(
      `${name}_last`,
      feed,
      'the last word of a tile',
      ofStep(({ step, tile }) => step === tile.steps - 1),
    ),
  ];
}

/** An operand, and a bit for each of its codes that is one of a product. */
function enteringStreams(name: Part, unit: Datapath, feed: Feed, operands: OperandPorts): Stream[] {
  const { lanes } = unit;
  const codes = operand(name, unit, feed, operands);
  const ofLanes = (place: TilePlace | undefined) => {
    const live = place === undefined ? 0 : operands.liveAt(place);
    return Array.from({ length: lanes }, (_, lane) => Number(lane < live));
  };
  const meaning = `${name} has a code of a product there`;
  const valid: Stream = {
    ...codes,
    name: `${name}_valid`,
    format: BIT,
    meaning,
    at: (edge) => feed(edge).flatMap(ofLanes),
  };
  return [codes, valid];
}

function operand(name: Part, unit: Datapath, feed: Feed, operands: OperandPorts): Stream {
  const { lanes } = unit;
  function read(place: TilePlace | undefined): number[] {
    const word: CodeArray = new Uint32Array(lanes);
    if (isOwn(place)) operands.read(name, place, word, 0);
    return [...word];
  }
  const at = (edge: number) => feed(edge).flatMap(read);
  return { name, format: unit[name], lanes: feed(0).length * lanes, direction: 'in', meaning: `operand ${name}`, at };
}

function bits(name: string, feed: Feed, meaning: string, bit: (place: TilePlace | undefined) => boolean): Stream {
  const at = (edge: number) => feed(edge).map((place) => Number(bit(place)));
  return { name, format: BIT, lanes: feed(0).length, direction: 'in', meaning, at };
}

/**
 * The operand that stays, and the bits that shift it down its column. Row 0 takes the first word of a tile, and each row
 * below shifts from one word later on: until then it keeps what the tile before has yet to switch in.
 */
function loadedStreams(name: Part, unit: Datapath, { load }: Feeds, operands: OperandPorts): Stream[] {
  return [
    operand(name, unit, load, operands),
    bits(`${name}_load`, load, `the column's ${name} registers shift down`, (place) => place !== undefined),
    bits(`${name}_load_first`, load, 'the first word of a tile, which row 0 alone takes', (place) => {
      return place !== undefined && place.row === place.tile.height - 1;
    }),
  ];
}

function drainStream({ drain }: Feeds): Stream {
  return bits(
    'drain',
    drain,
    "finished sums shift down: row r takes that of the row above it r times, then keeps its own tile's next",
    (place) => place !== undefined,
  );
}

/** A sum for each column, and the bits that say where there is one. */
function sumStreams(
  name: string,
  direction: PortEntry['direction'],
  format: Format,
  feed: Feed,
  codeAt: (place: TilePlace, edge: number) => number,
): Stream[] {
  const valid = bits(`${name}_valid`, feed, `${name} has a sum there`, isOwn);
  const at = (edge: number) => feed(edge).map((place) => (isOwn(place) ? codeAt(place, edge) : 0));
  const meaning = direction === 'out' ? 'the sum below each column' : 'the sum that goes on in each column';
  return [
    { name, format, lanes: valid.lanes, direction, meaning, valid: valid.name, at },
    { ...valid, direction },
  ];
}

/** Where the sum of a place lies in [groups, m, n]. */
function addresses({ product, array }: StreamJob): (place: TilePlace) => number {
  const { m, n } = product.job;
  const flow = DATAFLOWS[array.dataflow];
  const indexOf = (index: 'm' | 'n', { tile, row, col, step }: TilePlace) =>
    flow.row === index ? tile.row + row : flow.col === index ? tile.col + col : step;
  return (place) => (place.tile.group * m + indexOf('m', place)) * n + indexOf('n', place);
}
