import { describe, expect, it } from 'vitest';
import { type CycleObserver, runMesh } from '../../../src/arrays/clocked.js';
import { macArray, orderOf } from '../../../src/arrays/dataflow.js';
import { datapathNamed } from '../../../src/datapaths/catalog.js';
import { compileUnit } from '../../../src/datapaths/kernel/index.js';
import { decode } from '../../../src/formats/codec.js';
import { toNumber } from '../../../src/formats/raw.js';
import type { Sink } from '../../../src/outputs/files/file.js';
import { signalsOf } from '../../../src/outputs/traces/signals.js';
import { drawTile } from '../../../src/outputs/vectors/tileVectors.js';
import { traceVcd } from '../../../src/outputs/traces/vcd.js';
import { traceWavedrom } from '../../../src/outputs/traces/wavedrom.js';
import { folderWith } from '../../cli/command.js';
import { parseVcd, valueAt, type Waveform } from './waveform.js';
import { isInstalled, program } from '../../programs.js';

const WINDOW = { cycles: [2, 30], rows: [1, 2], cols: [0, 1] } as const;
const UNITS = ['int8', 'fp8-fp16', 'xnor', 'radix4', 'volta-fp16-fp32'] as const;

/** What the registers of one PE were in every cycle, seen beside the writer. */
interface Seen {
  live: number;
  codes: number[];
}

function record(unitName: string, write: typeof traceVcd): { text: string; seen: Map<string, Seen>; cycles: number } {
  const unit = datapathNamed(unitName);
  const array = macArray({ rows: 3, cols: 2, dataflow: 'os' });
  const { job, a, b } = drawTile(array, unit, 30, 5);
  let text = '';
  const sink: Sink = { write: (chunk) => (text += String(chunk)) };
  const writer = write(sink, array, unit, WINDOW);
  const seen = new Map<string, Seen>();
  const both: CycleObserver = {
    cycle(cycle, registers) {
      writer.cycle?.(cycle, registers);
      for (const pe of [2, 3, 4, 5])
        seen.set(`${cycle} ${pe}`, {
          live: registers.live[pe],
          codes: signalsOf(unit).map((signal) => signal.codeAt(registers, pe)),
        });
    },
  };
  const order = orderOf(array, unit);
  runMesh({ product: { job, a, b }, array, order, unit: compileUnit(unit) }, both);
  const cycles = writer.end();
  return { text, seen, cycles };
}

/**
 * Holds a parsed dump against what was seen.
 * @param tolerance relative error of reals; they are exact by default
 * @returns how many values were compared
 */
function compare(unitName: string, waveform: Waveform, seen: Map<string, Seen>, tolerance = 0): number {
  const signals = signalsOf(datapathNamed(unitName));
  let compared = 0;
  for (let cycle = WINDOW.cycles[0]; cycle <= WINDOW.cycles[1]; cycle++)
    for (const pe of [2, 3, 4, 5]) {
      const scope = `array.pe_${Math.floor(pe / 2)}_${pe % 2}`;
      const at = seen.get(`${cycle} ${pe}`) as Seen;
      const codeAt = (name: string) => Number.parseInt(String(valueAt(waveform, `${scope}.${name}`, cycle * 10)), 2);
      expect(codeAt('live')).toBe(at.live);
      signals.forEach(({ name, format }, i) => {
        expect(codeAt(name), `${scope}.${name} in cycle ${cycle}`).toBe(at.codes[i]);
        const value = valueAt(waveform, `${scope}.${name}_value`, cycle * 10);
        const real = toNumber(decode(format, at.codes[i]));
        const close = Object.is(value, real) || Math.abs(Number(value) - real) < tolerance * Math.abs(real);
        expect(close, `${scope}.${name}: ${value}, not ${real}`).toBe(true);
        compared++;
      });
    }
  return compared;
}

it.each(UNITS)('%s: a dump holds every register of the window, as code and as value', (name) => {
  const { text, seen, cycles } = record(name, traceVcd);
  const waveform = parseVcd(text);
  expect(waveform.timescale).toBe('1ns');
  expect(cycles).toBe(29);
  expect([waveform.times[0], waveform.times.at(-1)]).toEqual([20, 310]);
  expect(valueAt(waveform, 'array.cycle', 155)).toBe('1111');
  expect([150, 154, 155, 159].map((time) => valueAt(waveform, 'array.clk', time))).toEqual(['1', '1', '0', '0']);
  expect(compare(name, waveform, seen)).toBe(29 * 4 * signalsOf(datapathNamed(name)).length);
});

it('NaN and infinity are dumped as C reads them', () => {
  const { text } = record('fp8-fp16', traceVcd);
  expect(text).toMatch(/^rnan /m);
});

// Without GTKWave this is skipped where it can be seen, and never in CI.
describe.skipIf(!isInstalled('vcd2fst'))('through GTKWave', () => {
  it.each(UNITS)('%s: its own reader finds the same values', (name) => {
    const { text, seen } = record(name, traceVcd);
    const folder = folderWith({ 'in.vcd': text });
    expect(program('vcd2fst', ['in.vcd', 'x.fst'], { cwd: folder }).status).toBe(0);
    const back = program('fst2vcd', ['x.fst'], { cwd: folder });
    expect(back.status).toBe(0);
    const waveform = parseVcd(back.stdout);
    // It prints reals with the 16 digits that the standard asks for.
    expect(compare(name, waveform, seen, 1e-15)).toBeGreaterThan(300);
  });
});

it.each(UNITS)('%s: a drawing has a text for every value and a hatch where a PE idles', (name) => {
  const { text, seen } = record(name, traceWavedrom);
  const { signal, head } = JSON.parse(text);
  expect(head).toEqual({ text: name, tick: 2 });
  expect(signal[0]).toEqual({ name: 'clk', wave: `p${'.'.repeat(28)}` });
  const signals = signalsOf(datapathNamed(name));
  expect(signal).toHaveLength(5);
  signal
    .slice(1)
    .forEach(([title, ...lines]: [string, ...{ name: string; wave: string; data: string[] }[]], i: number) => {
      const pe = i + 2;
      expect(title).toBe(`PE ${Math.floor(pe / 2)},${pe % 2}`);
      lines.forEach((line, s) => {
        expect(line.name).toBe(signals[s].name);
        let data = -1;
        let now = '';
        for (const [j, mark] of [...line.wave].entries()) {
          if (mark === '=') data++;
          if (mark !== '.') now = mark;
          const at = seen.get(`${j + 2} ${pe}`) as Seen;
          const idle = signals[s].lane !== undefined && signals[s].lane >= at.live;
          expect(now).toBe(idle ? 'x' : '=');
          if (!idle) expect(Number(line.data[data].split(' ')[0])).toBe(at.codes[s]);
        }
        expect(line.data).toHaveLength(data + 1);
        expect(line.wave).toHaveLength(29);
      });
    });
});
