import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { judgeCost } from '../../src/simulate/cost.js';
import { EFFORT, GATES } from '../../src/cli/demo.js';
import { gatesFor } from '../../src/cli/gateUnits.js';
import { gateActivity } from '../../src/simulate/gateActivity.js';
import { loadNetwork, loadRunData } from '../../src/simulate/plan.js';
import { loadTarget } from '../../src/targets/catalog.js';

const root = join(import.meta.dirname, '..', '..');
const rowsOf = (name: string): Record<string, string>[] =>
  parse(readFileSync(join(root, 'traces', name), 'utf8'), { columns: true });

/** As files have figures. */
const sixDigits = (value: number) => String(Number(value.toPrecision(6)));

/** What the main job wrote is what it would write now; test/long runs the arithmetic behind it too. */
it.each(rowsOf('six.csv'))(
  '$network on $target costs what traces/six.csv says',
  async ({ network, target, cycles, energyPj }) => {
    const cost = judgeCost(await loadNetwork(join(root, 'models', `${network}.onnx`)), loadTarget(target));
    expect(cost.cycles.total).toBe(Number(cycles));
    expect(sixDigits(cost.energyPj)).toBe(energyPj);
    const layers = rowsOf('six.layers.csv').filter((row) => row.target === target && row.network === network);
    expect(layers.map((row) => [row.layer, Number(row.cycles), row.energyPj])).toEqual(
      cost.layers.map(({ layer, cycles, energyPj }) => [layer, cycles.total, sixDigits(energyPj)]),
    );
  },
);

/** Gates take longer, so two of the nine. */
it.each(rowsOf('six.csv').filter(({ target }) => target === 'int8' || target === 'radix4-fp16'))(
  '$network on $target takes of gates what traces/six.csv says',
  async ({ network: name, target: base, gatesEnergyPj, glitchFactor, images }) => {
    const network = await loadNetwork(join(root, 'models', `${name}.onnx`));
    const target = loadTarget(base);
    const gates = await gatesFor(network, target, GATES);
    const data = await loadRunData(network, { images: Number(images) });
    const activity = gateActivity(network, target, gates, data, EFFORT);
    expect(sixDigits(judgeCost(network, target, activity).energyPj)).toBe(gatesEnergyPj);
    expect(sixDigits(activity.glitches.factor)).toBe(glitchFactor);
  },
);
