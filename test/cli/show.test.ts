import { expect, it } from 'vitest';
import { folderWith, lastbit } from './command.js';

it('list and show speak JSON', () => {
  const folder = folderWith();
  const formats = JSON.parse(lastbit(folder, ['list', 'formats', '--json']).stdout) as {
    name: string;
    largest: number;
  }[];
  expect(formats.find(({ name }) => name === 'e4m3fn')?.largest).toBe(448);
  const { format } = JSON.parse(lastbit(folder, ['show', 'e4m3', '--json']).stdout);
  expect(format.codes).toHaveLength(256);
  expect(format.codes[0x77]).toEqual({ code: '0x77', value: '240', name: 'largest' });
  expect(format.range).toEqual({ largest: '240', lowest: '-240', smallest: 0.001953125 });
  const { datapath } = JSON.parse(lastbit(folder, ['show', 'radix4', '--json']).stdout);
  expect(datapath.sum.format).toBe('int24q6');
});

it('shows codes and values, landmarks of wide formats, and a datapath as its file', () => {
  const folder = folderWith();
  expect(lastbit(folder, ['show', 'e2m1fn']).stdout).toContain('0x7   6      largest');
  expect(lastbit(folder, ['show', 'fp16']).stdout).toMatch(/0x7bff {2}65504 +largest\n/);
  expect(lastbit(folder, ['show', 'ternary']).stdout).toContain('0x2   not used');
  expect(lastbit(folder, ['show', 'fp8-fp16']).stdout).toContain('a: e4m3fn\nb: e4m3fn\nsum:\n  format: fp16\n');
});

it('a name may be two things, and both are shown', () => {
  const { stdout } = lastbit(folderWith(), ['show', 'int8']);
  expect(stdout).toContain('# datapath int8: 8 x 8 bits to int32');
  expect(stdout).toContain('format int8, 8 bits');
});
