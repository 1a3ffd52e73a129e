import type { NetlistDelays } from './delays.js';
import { type NetlistTables, rowOf } from './tables.js';

const NONE = -1;
const WORD = 32;

/**
 * Events by their time: a ring of slots, one for each unit of delay and more than the longest delay has, with a list of nets
 * each (after E. G. Ulrich, "Exclusive simulation of activity in digital networks", CACM 12, 1969). A net has at most one
 * event pending, the change of its value.
 */
export class Wheel {
  readonly values: Uint8Array;
  readonly toggles: Float64Array;
  /** Changes that were scheduled. */
  events = 0;
  /** Of each slot the first net, and of each net those after and before it in its slot. */
  private readonly first: Int32Array;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  /** The slot that a net's change is in, or NONE. */
  private readonly slot: Int32Array;
  /** A bit for each slot that may have nets. */
  private readonly occupied: Int32Array;
  private pending = 0;
  /** Of each net the row of its function's table, and where among all tables that begins. */
  private readonly row: Int32Array;
  private readonly table: Int32Array;
  private readonly truth: Uint8Array;
  /** What net n goes to, from `fan[n]` to `fan[n + 1]`, four numbers each: a driven net, the bit in its row, rise, fall. */
  private readonly fan: Int32Array;
  private readonly pins: Int32Array;
  /** Of driven nets that are to be looked at the delays of the pins that changed. */
  private readonly isAwake: Uint8Array;
  private readonly rise: Int32Array;
  private readonly fall: Int32Array;
  private readonly awake: Int32Array;
  private readonly changed: Int32Array;
  private readonly driven: NetlistTables['driven'];

  constructor({ nets, driven }: NetlistTables, delays: NetlistDelays) {
    const ints = () => new Int32Array(nets);
    [this.next, this.previous, this.slot] = [ints(), ints(), ints().fill(NONE)];
    [this.row, this.table] = [ints(), ints()];
    [this.rise, this.fall, this.awake, this.changed] = [ints(), ints(), ints(), ints()];
    this.values = new Uint8Array(nets);
    this.toggles = new Float64Array(nets);
    this.isAwake = new Uint8Array(nets);
    this.driven = driven;
    const longest = [...delays.gates, ...delays.registers, ...delays.inputs].flat().reduce((x, y) => Math.max(x, y), 1);
    const slots = Math.max(WORD, 2 ** Math.ceil(Math.log2(longest + 1)));
    this.first = new Int32Array(slots).fill(NONE);
    this.occupied = new Int32Array(slots / WORD);
    const begins = new Map<Uint8Array, number>();
    let length = 0;
    for (const { table } of driven)
      if (!begins.has(table)) {
        begins.set(table, length);
        length += table.length;
      }
    this.truth = new Uint8Array(length);
    for (const [table, at] of begins) this.truth.set(table, at);
    const goesTo = Array.from({ length: nets }, (): number[] => []);
    for (const { net, gate, from, ways, table } of driven) {
      this.table[net] = begins.get(table) as number;
      const own = delays.gates[gate];
      from.forEach((source, bit) => goesTo[source].push(net, 1 << bit, own[ways[bit]], own[ways[bit] + 1]));
    }
    this.pins = Int32Array.from(goesTo.flat());
    this.fan = new Int32Array(nets + 1);
    goesTo.forEach((list, net) => (this.fan[net + 1] = this.fan[net] + list.length));
  }

  /** Everything at these values and nothing counted; nothing is pending, as all comes that has not gone. */
  begin(values: Uint8Array): void {
    this.values.set(values);
    this.toggles.fill(0);
    this.events = 0;
    for (const each of this.driven) this.row[each.net] = rowOf(each, values);
  }

  /** A net that no gate drives takes a value after the edge, which is at slot 0. */
  launch(net: number, value: number, rise: number, fall: number): void {
    if (this.values[net] !== value) this.schedule(net, value === 1 ? rise : fall);
  }

  private schedule(net: number, slot: number): void {
    const follows = this.first[slot];
    this.next[net] = follows;
    this.previous[net] = NONE;
    if (follows !== NONE) this.previous[follows] = net;
    this.first[slot] = net;
    this.slot[net] = slot;
    this.occupied[slot >> 5] |= 1 << (slot & 31);
    this.pending++;
    this.events++;
  }

  private cancel(net: number): void {
    const [before, after] = [this.previous[net], this.next[net]];
    if (before === NONE) this.first[this.slot[net]] = after;
    else this.next[before] = after;
    if (after !== NONE) this.previous[after] = before;
    this.slot[net] = NONE;
    this.pending--;
  }

  /** The first slot from this one on, around the ring, that may have nets; there is one. */
  private occupiedFrom(slot: number): number {
    const { occupied } = this;
    let at = slot >> 5;
    let word = occupied[at] & (-1 << (slot & 31));
    while (word === 0) {
      at = (at + 1) & (occupied.length - 1);
      word = occupied[at];
    }
    return (at << 5) | (31 - Math.clz32(word & -word));
  }

  /** Until nothing is pending, from an edge at slot 0 on. */
  settle(): void {
    const { values, toggles, slot, next, changed, awake, isAwake, rise, fall, fan, pins, row, table, truth } = this;
    const last = this.first.length - 1;
    let now = 0;
    while (this.pending > 0) {
      now = this.occupiedFrom(now);
      let changes = 0;
      for (let net = this.first[now]; net !== NONE; net = next[net]) changed[changes++] = net;
      this.first[now] = NONE;
      this.occupied[now >> 5] &= ~(1 << (now & 31));
      this.pending -= changes;
      let looks = 0;
      for (let i = 0; i < changes; i++) {
        const net = changed[i];
        slot[net] = NONE;
        values[net] ^= 1;
        toggles[net]++;
        const end = fan[net + 1];
        for (let at = fan[net]; at < end; at += 4) {
          const to = pins[at];
          row[to] ^= pins[at + 1];
          if (isAwake[to] === 0) {
            isAwake[to] = 1;
            awake[looks++] = to;
            rise[to] = pins[at + 2];
            fall[to] = pins[at + 3];
          } else {
            rise[to] = Math.min(rise[to], pins[at + 2]);
            fall[to] = Math.min(fall[to], pins[at + 3]);
          }
        }
      }
      for (let i = 0; i < looks; i++) {
        const net = awake[i];
        isAwake[net] = 0;
        const value = truth[table[net] + row[net]];
        const isPending = slot[net] !== NONE;
        if (value === values[net]) {
          if (isPending) this.cancel(net);
        } else if (!isPending) this.schedule(net, (now + (value === 1 ? rise[net] : fall[net])) & last);
      }
    }
  }
}
