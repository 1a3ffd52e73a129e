import type { Counts } from './counts.js';
import type { Mesh, MeshParts, Registers } from './mesh.js';
import { OperandMesh } from './operandMesh.js';
import { OutputMesh } from './outputMesh.js';
import { type Cycles, noCycles, type Turn, turnsOf } from './schedule.js';
import { checkJob, tilesOf } from './tiling.js';
import type { Wave } from './wave.js';

/** Sees the registers after every clock edge; they are the array's own, to be read at once. */
export interface CycleObserver {
  cycle?(cycle: number, registers: Registers): void;
}

export interface ClockedResult {
  /** Sum codes, [groups, m, n]. */
  sums: Float64Array;
  cycles: Cycles;
  counts: Counts;
}

/**
 * Runs a whole product on the array, clock edge by clock edge. The cycles and counts are counted as they happen; laws hold
 * them equal to the formulas.
 *
 * @param turns a schedule other than the array's own
 * @throws Error where two words want one port in one cycle, or a sum is wanted before it is there
 */
export function runMesh(parts: MeshParts, observer: CycleObserver = {}, turns?: readonly Turn[]): ClockedResult {
  const { product, array, unit } = parts;
  checkJob(product.job);
  const mesh: Mesh = array.dataflow === 'os' ? new OutputMesh(parts) : new OperandMesh(parts);
  try {
    return step(mesh, observer, turns ?? [...turnsOf(tilesOf(product.job, array, unit.lanes), mesh.timing)]);
  } finally {
    mesh.end();
  }
}

function step(mesh: Mesh, observer: CycleObserver, schedule: readonly Turn[]): ClockedResult {
  const ports = portsOf(mesh, schedule);
  const ledger = new Ledger(mesh, schedule.length);
  for (let cycle = 0; ledger.open; cycle++) {
    const [loading, streaming] = ports.map((port) => port(cycle));
    mesh.edge(cycle);
    observer.cycle?.(cycle, mesh.registersAt(cycle));
    ledger.enter(cycle, loading !== undefined, streaming);
  }
  return { sums: mesh.results(), cycles: ledger.cycles, counts: mesh.counts };
}

/** Whether a port issues a word of a turn in a cycle, the first even; undefined outside its first to last word. */
type Port = (cycle: number) => { issues: boolean; first: boolean } | undefined;

const heightOf = ({ tile }: Turn) => tile.height;
const stepsOf = ({ tile }: Turn) => tile.steps;
const none = () => 0;

function portsOf(mesh: Mesh, turns: readonly Turn[]): Port[] {
  const { loads, interval, loadInterval, drainInterval } = mesh.timing;
  return [
    portOf(mesh.load, turns, ({ slot }) => slot.load, loads ? heightOf : none, loadInterval),
    portOf(mesh.stream, turns, ({ slot }) => slot.stream, stepsOf, interval),
    portOf(mesh.drain, turns, ({ slot }) => slot.drain, loads ? none : heightOf, drainInterval),
  ];
}

/** Issues the words of each turn from its start on, one in `interval` cycles. */
function portOf(
  wave: Wave,
  turns: readonly Turn[],
  startOf: (turn: Turn) => number,
  wordsOf: (turn: Turn) => number,
  interval: number,
): Port {
  let at = 0;
  return (cycle) => {
    while (at < turns.length && cycle >= startOf(turns[at]) + wordsOf(turns[at]) * interval) at++;
    const turn = turns[at];
    const since = turn === undefined ? -1 : cycle - startOf(turn);
    if (turns[at + 1] !== undefined && since >= 0 && cycle >= startOf(turns[at + 1]) && wordsOf(turn) > 0)
      throw new Error(`mesh: tiles ${at} and ${at + 1} want one port in cycle ${cycle}`);
    const issues = since >= 0 && since % interval === 0;
    wave.issue(cycle, issues ? turn.tile : undefined, since / interval);
    const open = since >= 0 && since <= (wordsOf(turn) - 1) * interval;
    return open ? { issues, first: since === 0 } : undefined;
  };
}

/** Books each cycle as it passes. */
class Ledger {
  readonly cycles: Cycles = noCycles();
  readonly #mesh: Mesh;
  #toStream: number;
  #toStore: number;
  /** Tiles that stream or have streamed, and that some PE has yet to add. */
  #unfinished = 0;

  constructor(mesh: Mesh, tiles: number) {
    this.#mesh = mesh;
    this.#toStream = tiles;
    this.#toStore = tiles;
  }

  get open(): boolean {
    return this.#toStore > 0;
  }

  enter(cycle: number, loading: boolean, streaming: ReturnType<Port>): void {
    if (streaming?.first === true) {
      this.#toStream--;
      this.#unfinished++;
    }
    this.cycles[this.#itemOf(loading, streaming)]++;
    this.cycles.total++;
    this.#unfinished -= this.#mesh.addedIn(cycle);
    this.#toStore -= this.#mesh.storedIn(cycle);
  }

  #itemOf(loading: boolean, streaming: ReturnType<Port>): Exclude<keyof Cycles, 'total'> {
    if (streaming !== undefined) return streaming.issues ? 'stream' : 'stall';
    if (this.#mesh.timing.doubleBuffer && this.#toStream > 0 && this.cycles.stream > 0) return 'stall';
    if (loading) return 'load';
    if (this.#unfinished > 0) return 'fill';
    return this.#toStore > this.#toStream ? 'drain' : 'stall';
  }
}
