import { gunzipSync, gzipSync } from 'node:zlib';
import type { NetlistDelays } from './delays.js';
import type { PlainCell } from './liberty/cell.js';
import type { Netlist, NetlistPort, PlacedCell } from './netlist.js';
import type { GateUnit } from './unit.js';

/**
 * A characterised PE as a file, without the library's tables: gzip of a line of JSON and, behind it, bytes. Nets are
 * numbered as they come: two constants, the bits of the input ports, then what registers and gates give, in their order.
 * Of each cell there are its kind and, for each pin, how many nets back its input is; then a byte of each
 * delay, on a scale of logarithms, and of each net the joules of a toggle, and of a cycle in which it is 1, float32.
 */
interface Header {
  format: typeof FORMAT;
  unit: string;
  library: GateUnit['technology'];
  rtl: string;
  cells: number;
  registers: number;
  area: number;
  period: number;
  clockEnergy: number;
  leakage: number;
  name: string;
  clock?: string;
  /** Names with directions and numbers of bits. */
  ports: [name: string, direction: NetlistPort['direction'], bits: number][];
  kinds: PlainCell[];
  /** Cells placed: registers first, then gates. */
  placed: [registers: number, gates: number];
  /** Bytes before the delays, and before the energies. */
  bytes: number;
  delayed: number;
  /** The least delay, and the ratio from one step of their scale to the next. */
  delays: { least: number; ratio: number };
}

const FORMAT = 'lastbit gates 1';

/** @param unit whose `rtl` says what it is of */
export function packUnit(unit: GateUnit): Uint8Array {
  const { netlist, energy } = unit;
  const { registers, gates, ports, name, clock } = netlist;
  const placed = [...registers, ...gates];
  const numbers = new Map<number, number>([
    [0, 0],
    [1, 1],
  ]);
  const take = (net: number) => void numbers.set(net, numbers.size);
  for (const { direction, bits } of ports.values()) if (direction === 'input') bits.forEach(take);
  for (const { outputs } of placed) for (const net of outputs) if (net !== undefined) take(net);
  const kinds = [...new Set(placed.map(({ cell }) => cell))];
  const bytes: number[] = [];
  let back =
    2 + [...ports.values()].reduce((sum, { direction, bits }) => sum + (direction === 'input' ? bits.length : 0), 0);
  for (const { cell, inputs, outputs } of placed) {
    bytes.push(...varint(kinds.indexOf(cell)));
    for (const net of inputs) bytes.push(...varint(zigzag(back - (numbers.get(net) as number))));
    for (const net of outputs) {
      bytes.push(Number(net !== undefined));
      if (net !== undefined) back++;
    }
  }
  for (const { direction, bits } of ports.values())
    if (direction === 'output') for (const net of bits) bytes.push(...varint(numbers.get(net) as number));
  const energies = new Float32Array(2 * numbers.size);
  for (const [net, number] of numbers) {
    energies[number] = energy.perToggle[net];
    energies[numbers.size + number] = energy.perOne[net];
  }
  const all = [unit.delays.registers, unit.delays.gates, unit.delays.inputs].flat(2);
  const scale = scaleOf(all.filter((delay) => delay > 0));
  const delays = Uint8Array.from(all, (delay) => stepOf(delay, scale));
  const header: Header = {
    format: FORMAT,
    unit: unit.unit,
    library: unit.technology,
    rtl: unit.rtl,
    cells: unit.cells,
    registers: unit.registers,
    area: unit.area,
    period: unit.period,
    clockEnergy: energy.clock,
    leakage: energy.leakage,
    name,
    ...(clock !== undefined && { clock }),
    ports: [...ports].map(([port, { direction, bits }]) => [port, direction, bits.length]),
    kinds: kinds.map(plain),
    placed: [registers.length, gates.length],
    bytes: bytes.length,
    delayed: bytes.length + delays.length,
    delays: scale,
  };
  const planes = new Uint8Array(energies.buffer);
  // Bytes of one weight lie together, which packs better.
  const sorted = Uint8Array.from(planes, (_, i) => planes[(i % energies.length) * 4 + Math.floor(i / energies.length)]);
  return gzipSync(Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), Uint8Array.from(bytes), delays, sorted]), {
    level: 9,
  });
}

/** Of a cell of a library what a simulation looks at. */
function plain({ name, inputs, outputs, register }: PlainCell): PlainCell {
  return {
    name,
    inputs: inputs.map((pin) => ({ name: pin.name })),
    outputs: outputs.map((pin) => ({ name: pin.name, value: pin.value })),
    ...(register && { register }),
  };
}

/** @throws RangeError naming the file where it is none, not whole or of another version */
export function unpackUnit(packed: Uint8Array, file: string): GateUnit {
  const refuse = (): never => {
    throw new RangeError(`${file}: no gates of a unit, or cut short; install lastbit again`);
  };
  let text: Buffer;
  let header: Omit<Header, 'format'> & { format: unknown };
  try {
    text = gunzipSync(packed);
    header = JSON.parse(text.toString('utf8', 0, Math.max(0, text.indexOf(10)))) as typeof header;
  } catch {
    return refuse();
  }
  if (typeof header?.format !== 'string') return refuse();
  if (header.format !== FORMAT) throw new RangeError(`${file}: ${header.format}, and this version reads ${FORMAT}`);
  try {
    return unitIn(text, header);
  } catch {
    return refuse();
  }
}

/** @throws Error of any kind where the bytes are not what the header says */
function unitIn(text: Buffer, header: Omit<Header, 'format'>): GateUnit {
  const line = text.indexOf(10);
  const check = (right: boolean) => {
    if (!right) throw new RangeError('the bytes are not what the header says');
  };
  let at = line + 1;
  const next = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      check(at < text.length);
      const byte = text[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  let nets = 2;
  const ports = new Map<string, NetlistPort>();
  for (const [name, direction, count] of header.ports)
    ports.set(name, { direction, bits: direction === 'input' ? Array.from({ length: count }, () => nets++) : [] });
  const place = (): PlacedCell<PlainCell> => {
    const cell = header.kinds[next()];
    const inputs = cell.inputs.map(() => nets - unzigzag(next()));
    const outputs = cell.outputs.map(() => (next() === 1 ? nets++ : undefined));
    return { cell, name: '', inputs, outputs };
  };
  const [registers, gates] = header.placed.map((count) => Array.from({ length: count }, place));
  for (const [name, direction, count] of header.ports)
    if (direction === 'output') ports.set(name, { direction, bits: Array.from({ length: count }, next) });
  check([...registers, ...gates].every(({ inputs }) => inputs.every((net) => net >= 0 && net < nets)));
  check([...ports.values()].every(({ bits }) => bits.every((net) => net < nets)));
  check(at === line + 1 + header.bytes);
  const planes = text.subarray(line + 1 + header.delayed);
  const delay = () => delayAt(text[at++], header.delays);
  const delaysFor = (count: number) => Array.from({ length: count }, delay);
  const delays: NetlistDelays = {
    registers: registers.map(({ outputs }) => delaysFor(2 * outputs.length)),
    gates: gates.map(({ inputs, outputs }) => delaysFor(2 * inputs.length * outputs.length)),
    inputs: [...ports].flatMap(([name, { direction, bits }]) =>
      direction === 'input' && name !== header.clock ? bits.map(() => delaysFor(2)) : [],
    ),
  };
  check(at === line + 1 + header.delayed && planes.length === 8 * nets);
  const bytes = Uint8Array.from({ length: 8 * nets }, (_, i) => planes[(i % 4) * 2 * nets + (i >> 2)]);
  const netlist: Netlist<PlainCell> = {
    name: header.name,
    nets,
    ports,
    ...(header.clock !== undefined && { clock: header.clock }),
    gates,
    registers,
  };
  const { unit, library, rtl, cells, area, period, leakage } = header;
  const energies = Float64Array.from(new Float32Array(bytes.buffer));
  const [perToggle, perOne] = [energies.slice(0, nets), energies.slice(nets)];
  const energy = { perToggle, perOne, clock: header.clockEnergy, leakage };
  return { unit, technology: library, rtl, netlist, energy, delays, cells, registers: header.registers, area, period };
}

type DelayScale = Header['delays'];

/** 254 steps from the least delay to the greatest; a step is some per cent. */
function scaleOf(delays: readonly number[]): DelayScale {
  const least = delays.reduce((x, y) => Math.min(x, y), Infinity);
  const most = delays.reduce((x, y) => Math.max(x, y), 0);
  return delays.length === 0
    ? { least: 1, ratio: 2 }
    : { least, ratio: Math.max(1.000001, (most / least) ** (1 / 254)) };
}

/** 0 where there is no way, else from 1 on. */
const stepOf = (delay: number, { least, ratio }: DelayScale) =>
  delay === 0 ? 0 : 1 + Math.round(Math.log(delay / least) / Math.log(ratio));
const delayAt = (step: number, { least, ratio }: DelayScale) =>
  step === 0 ? 0 : Math.max(1, Math.round(least * ratio ** (step - 1)));

const zigzag = (value: number) => (value >= 0 ? 2 * value : -2 * value - 1);
const unzigzag = (value: number) => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
