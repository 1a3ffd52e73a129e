import type { CycleObserver } from '../../arrays/clocked.js';
import type { MacArray } from '../../arrays/dataflow.js';
import type { Datapath } from '../../datapaths/datapath.js';
import { decoderOf } from '../../datapaths/kernel/index.js';
import { hexDigitsOf, hexCode } from '../../formats/format.js';
import type { Sink } from '../files/file.js';
import { isIn, pesIn, signalsOf, type TraceWindow } from './signals.js';

/** A drawing is held in memory until it ends, and read by people: beyond this neither makes sense. */
export const DRAWING_LIMITS = { pes: 16, cycles: 1000 } as const;

/** A line of a drawing: WaveDrom's `wave` has a character a cycle, its `data` a text for each `=`. */
interface Lane {
  name: string;
  wave: string;
  data: string[];
  /** What is drawn now. */
  text: string | undefined;
}

/**
 * WaveDrom JSON of a few PEs for documentation: each register as its code and its value; operands are hatched (`x`) where
 * the PE idles.
 *
 * @returns an observer; its `end` writes the drawing and gives the number of cycles in it
 */
export function traceWavedrom(
  sink: Sink,
  array: MacArray,
  unit: Datapath,
  window: TraceWindow,
): CycleObserver & { end(): number } {
  const groups = pesIn(window, array).map(({ row, col, pe }) => ({
    title: `PE ${row},${col}`,
    lines: signalsOf(unit).map((signal) => {
      const lane: Lane = { name: signal.name, wave: '', data: [], text: undefined };
      const label = labeller(signal.format);
      return { lane, pe, signal, label };
    }),
  }));
  const clock = { name: 'clk', wave: '' };
  let first = 0;
  return {
    cycle(cycle, registers) {
      if (!isIn(window, cycle)) return;
      if (clock.wave === '') first = cycle;
      clock.wave += clock.wave === '' ? 'p' : '.';
      for (const { lines } of groups)
        for (const { lane, pe, signal, label } of lines) {
          const idle = signal.lane !== undefined && signal.lane >= registers.live[pe];
          extend(lane, idle ? undefined : label(signal.codeAt(registers, pe)));
        }
    },
    end() {
      const signal = [clock, ...groups.map(({ title, lines }) => [title, ...lines.map(({ lane }) => drawn(lane))])];
      const head = { text: unit.name, tick: first };
      sink.write(`${JSON.stringify({ signal, head }, undefined, 2)}\n`);
      return clock.wave.length;
    },
  };
}

/** One more cycle; an idle one has no text. */
function extend(lane: Lane, text: string | undefined): void {
  const same = lane.wave !== '' && lane.text === text;
  lane.wave += same ? '.' : text === undefined ? 'x' : '=';
  if (!same && text !== undefined) lane.data.push(text);
  lane.text = text;
}

function drawn({ name, wave, data }: Lane): object {
  return { name, wave, data };
}

/** `0x3c (1.5)` */
function labeller(format: Parameters<typeof decoderOf>[0]): (code: number) => string {
  const decode = decoderOf(format);
  const digits = hexDigitsOf(format);
  return (code) => `${hexCode(code, digits)} (${decode(code)})`;
}
