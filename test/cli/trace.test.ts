import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseVcd, valueAt } from '../outputs/traces/waveform.js';
import { folderWith, lastbit, linesOf } from './command.js';

const MODEL = join(import.meta.dirname, '..', '..', 'models', 'digits-int8.onnx');

function trace(folder: string, args: string) {
  return lastbit(folder, ['trace', MODEL, '--layer', 'dense2', '--target', 'int8', ...args.split(' ')]);
}

it('CSV, waveform and drawing show the same registers', () => {
  const folder = folderWith();
  const window = '--cycles 5-20 --rows 0 --cols 2-3 --output';
  for (const name of ['t.csv', 't.vcd', 't.json'])
    expect(trace(folder, `${window} ${name}`)).toEqual({ status: 0, stdout: '', stderr: '' });
  const rows = linesOf(folder, 't.csv').slice(1);
  expect(rows).toHaveLength(32);
  const waveform = parseVcd(readFileSync(join(folder, 't.vcd'), 'utf8'));
  const { signal } = JSON.parse(readFileSync(join(folder, 't.json'), 'utf8'));
  expect(signal).toHaveLength(3);
  for (const row of rows) {
    const [cycle, , col, live, aCode, a, , , sumCode, sum] = row.split(',');
    const at = (name: string) => valueAt(waveform, `array.pe_0_${col}.${name}`, Number(cycle) * 10);
    expect([at('live'), at('sum_value')]).toEqual([live, Number(sum)]);
    expect(Number.parseInt(String(at('sum')), 2)).toBe(Number(sumCode));
    if (live === '1') expect([Number.parseInt(String(at('a')), 2), at('a_value')]).toEqual([Number(aCode), Number(a)]);
    const [title, ...lines] = signal[Number(col) - 1];
    expect(title).toBe(`PE 0,${col}`);
    const { wave, data } = lines[2] as { wave: string; data: string[] };
    const changes = [...wave.slice(0, Number(cycle) - 4)].filter((mark) => mark === '=').length;
    expect(data[changes - 1]).toBe(`${sumCode} (${sum})`);
  }
});

it('says what a window misses, and what a drawing cannot hold', () => {
  const folder = folderWith();
  expect(trace(folder, '--cycles 5000 --format vcd').stderr).toMatch(
    /^lastbit: --cycles 5000: layer dense2 ends in cycle \d+\n$/,
  );
  expect(trace(folder, '--format wavedrom').stderr).toBe(
    'lastbit: a drawing has at most 16 PEs and 1000 cycles, found 256 PEs and 100 cycles: narrow --rows, --cols and --cycles\n',
  );
  expect(trace(folder, '--format vdc').stderr).toBe(
    'lastbit: --format is one of csv, vcd, wavedrom, json, found "vdc"; did you mean "vcd"?\n',
  );
});
