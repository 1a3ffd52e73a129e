import { describe, expect, it } from 'vitest';
import { checkCommand } from '../../src/cli/check.js';
import { type CommandBody, nameOf } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { commandHelp } from '../../src/cli/help.js';
import { modeLines, refuse } from '../../src/cli/modes.js';
import { rtlCommand } from '../../src/cli/rtl.js';
import { vectorsCommand } from '../../src/cli/vectors.js';

/** A command, the options that are given, and the line, or undefined where they go together. */
const LINES: [CommandBody, Readonly<Record<string, unknown>>, string | undefined][] = [
  [vectorsCommand, {}, 'vectors needs a datapath, --network, or --tile with --target'],
  [vectorsCommand, { tile: true }, '--tile needs --target'],
  [vectorsCommand, { tile: true, target: 'int8', count: 4, seed: 2, exhaustive: false }, undefined],
  [vectorsCommand, { target: 'int8' }, 'vectors needs a datapath, --network, or --tile with --target'],
  [vectorsCommand, { network: 'n', seed: 1 }, '--seed is for drawn operands: leave it out, or --network'],
  [vectorsCommand, { network: 'n', count: 1 }, '--count is for drawn operands: leave it out, or --network'],
  [vectorsCommand, { network: 'n', tile: true }, '--tile with --network needs --layer'],
  [vectorsCommand, { network: 'n', tile: true, layer: 'l', image: 3, data: 'd', pack: 2, target: 't' }, undefined],
  [vectorsCommand, { network: 'n', k: 3 }, '--k is for a unit: name a datapath, or leave it out'],
  [vectorsCommand, { network: 'n', exhaustive: true }, '--exhaustive is for a unit: name a datapath, or leave it out'],
  [
    vectorsCommand,
    { datapath: 'int8', network: 'n' },
    'vectors int8 is of a unit: leave out --network, or the datapath',
  ],
  [vectorsCommand, { datapath: 'int8', tile: true }, 'vectors int8 is of a unit: leave out --tile, or the datapath'],
  [vectorsCommand, { datapath: 'int8', data: 'd' }, '--data goes with --network: leave it out'],
  [vectorsCommand, { datapath: 'int8', exhaustive: true, count: 5 }, 'give either --count or --exhaustive'],
  [vectorsCommand, { datapath: 'int8', exhaustive: true, k: 2, module: 'm', seed: 0 }, undefined],
  [rtlCommand, { name: 'int8', network: 'n' }, '--network and --layer go together'],
  [rtlCommand, { name: 'int8', layer: 'l' }, '--network and --layer go together'],
  [rtlCommand, { name: 'int8', data: 'd' }, '--data goes with --network and --layer: leave it out'],
  [rtlCommand, { name: 'int8', network: 'n', layer: 'l', image: 0, steps: 4, k: 2, count: 3 }, undefined],
  [
    rtlCommand,
    { name: 'volta-fp16-fp32', steps: 3 },
    '--steps is for an array, and volta-fp16-fp32 is a datapath: leave it out',
  ],
  [
    rtlCommand,
    { name: 'volta-fp16-fp32', network: 'n', layer: 'l' },
    '--layer is for a target; volta-fp16-fp32 is a datapath',
  ],
  [checkCommand, { manifest: 'm' }, undefined],
  [checkCommand, { manifest: 'm', dut: 'd', port: 'p', format: 'npy' }, undefined],
  [checkCommand, { manifest: 'm', input: 'i' }, '--manifest says what is expected: leave out --datapath and --input'],
  [
    checkCommand,
    { datapath: 'int8', dut: 'd' },
    'check needs --manifest, or --datapath with --input and --dut; see "lastbit check --help"',
  ],
  [checkCommand, { datapath: 'int8', input: 'i', dut: 'd', port: 'p' }, '--port goes with --manifest'],
  [checkCommand, { datapath: 'int8', input: 'i', dut: 'd' }, undefined],
];

function lineOf(command: CommandBody, args: Readonly<Record<string, unknown>>): string | undefined {
  try {
    refuse(command, args);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('options that go together', () => {
  it.each(LINES)('%# by whole lines', (command, args, line) => {
    expect([args, lineOf(command, args)]).toEqual([args, line]);
  });

  it('are of the command, each mode asks for something, and its help shows it', async () => {
    const commands = await Promise.all(COMMANDS.map(({ load }) => load()));
    const moded = commands.filter(({ modes }) => modes !== undefined);
    expect(moded.map(nameOf)).toEqual(expect.arrayContaining(['vectors', 'rtl', 'check']));
    for (const command of moded) {
      const known = [...Object.keys(command.options), ...Object.keys(command.facts?.words ?? {})];
      const help = await commandHelp(command);
      for (const { with: given = [], without = [], needs = [], refuses = [] } of command.modes ?? []) {
        expect(known).toEqual(expect.arrayContaining([...given, ...without, ...needs, ...refuses]));
        expect(needs.length + refuses.length).toBeGreaterThan(0);
      }
      for (const line of modeLines(command)) expect(help.replace(/\s+/g, ' ')).toContain(line);
    }
  });
});
