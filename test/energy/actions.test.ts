import { expect, it } from 'vitest';
import { costOf } from '../../src/arrays/cost.js';
import { macArray } from '../../src/arrays/dataflow.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { actionsOf, possibleActions } from '../../src/energy/actions.js';
import { type Actions, textOf } from '../../src/energy/action.js';
import { energyTableNamed } from '../../src/energy/tables/catalog.js';

const table = energyTableNamed('horowitz-45nm');
const memories = { a: 32, b: 128, sum: 32 };
const job = { layer: 'conv', m: 32, n: 16, k: 64 };

const byText = (actions: Actions) => new Map(actions.map(({ action, count }) => [textOf(action), count]));

function actionsFor(name: string, dataflow: 'os' | 'ws') {
  const performer = { array: macArray({ rows: 16, cols: 16, dataflow }), datapath: datapathNamed(name), memories };
  return { performer, actions: byText(actionsOf(costOf(job, performer.array, performer.datapath), performer, table)) };
}

it('charges int8 as a multiplication and an addition, and memories by 64-bit words', () => {
  const { actions } = actionsFor('int8', 'os');
  expect(Object.fromEntries(actions)).toEqual({
    'multiply:int8*int8': 32 * 16 * 64,
    'add:int32': 32 * 16 * 64,
    'read:sram32KB': (32 * 64 * 8) / 64,
    'read:sram128KB': (2 * 16 * 64 * 8) / 64,
    'write:sram32KB': (32 * 16 * 32) / 64,
  });
});

it('charges the accumulator memory of a weight-stationary array: four chunks of 16, three of them read back', () => {
  const { actions } = actionsFor('fp8-fp16', 'ws');
  expect(actions.get('mac:e4m3fn*e4m3fn+fp16')).toBe(32 * 16 * 64);
  expect(actions.get('add:fp16')).toBe(32 * 16 * 4);
  expect(actions.get('write:sram32KB')).toBe((32 * 16 * 4 * 16) / 64);
  expect(actions.get('read:sram32KB')).toBe((32 * 64 * 8 + 32 * 16 * 3 * 16) / 64);
});

it('charges all 64 lanes of an XNOR unit whatever the layer fills', () => {
  const { performer } = actionsFor('xnor', 'os');
  const cost = costOf({ ...job, k: 65 }, performer.array, performer.datapath);
  expect(byText(actionsOf(cost, performer, table)).get('mac:binary*binary+int16')).toBe(32 * 16 * 128);
});

it('knows beforehand which actions can happen', () => {
  for (const dataflow of ['os', 'ws'] as const) {
    const { performer, actions } = actionsFor('fp8-fp16', dataflow);
    expect(new Set(possibleActions(performer, table).map(textOf))).toEqual(new Set(actions.keys()));
  }
});
