import type { PeFeed } from './feed.js';
import type { PlainCell } from './liberty/cell.js';
import type { Netlist } from './netlist.js';
import type { Activity } from './power.js';
import { CASES, simulatorOf } from './simulator.js';

export interface PeActivity extends Activity {
  /** Sums that left the PEs, and those of them that are the reference's; of long ones some are looked at. */
  sums: { right: number; all: number };
}

/** Bytes of a word of all cases. */
const BYTES = CASES / 8;

/** Feeds the netlist of a PE (rtl/pe.ts) and holds every sum that leaves it against the reference. */
export function peActivity(netlist: Netlist<PlainCell>, feed: PeFeed): PeActivity {
  const simulator = simulatorOf(netlist);
  const place = placesOf(simulator.inputs, feed);
  const width = simulator.inputs.length;
  const work = feed.tiles * feed.period;
  const cycles = work + feed.after;
  const inputs = new Uint8Array(cycles * width * BYTES);
  for (let cycle = 0; cycle < work; cycle++)
    for (const { port, bit, bits, codeOf } of feed.wordsIn(cycle)) {
      const words = Array.from({ length: bits }, (_, n) => (cycle * width + place(port, bit + n)) * BYTES);
      for (let c = 0; c < CASES; c++) {
        const code = codeOf(c);
        for (let n = 0; n < bits; n++) inputs[words[n] + (c >> 3)] |= ((code >>> n) & 1) << (c & 7);
      }
    }
  const [from, to] = feed.warm;
  simulator.run(inputs.subarray(from * width * BYTES, to * width * BYTES), to - from);
  simulator.forget();
  const outputs = simulator.run(inputs, cycles);
  const { port, bits, expected } = feed.sums;
  const first = simulator.outputs.indexOf(`${port}[0]`);
  const sumAt = (cycle: number, c: number) => {
    let code = 0n;
    for (let bit = bits - 1; bit >= 0; bit--) {
      const byte = outputs[(cycle * simulator.outputs.length + first + bit) * BYTES + (c >> 3)];
      code = (code << 1n) | BigInt((byte >> (c & 7)) & 1);
    }
    return code;
  };
  const sums = { right: 0, all: 0 };
  for (const { cycle, c, code } of expected()) {
    if (sumAt(cycle, c) === code) sums.right++;
    sums.all++;
  }
  return { ...simulator.activity(), cycles: cycles * CASES, sums };
}

/** The place of a port's bit among the inputs of a netlist. */
export function placesOf(names: readonly string[], { unit }: PeFeed): (port: string, bit: number) => number {
  const places = new Map(names.map((name, place) => [name, place]));
  return (port, bit) => {
    const place = places.get(`${port}[${bit}]`);
    if (place === undefined) throw new RangeError(`gates: the netlist of ${unit} has no input ${port}[${bit}]`);
    return place;
  };
}
