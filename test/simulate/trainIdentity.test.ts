import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { trainRecipeNamed } from '../../src/recipes/catalog.js';
import { differenceOf, identityOf } from '../../src/simulate/trainIdentity.js';
import type { TrainingPlan } from '../../src/simulate/training.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { digits } from '../../src/training/data/digits.js';
import { folderWith } from '../cli/command.js';

const [data, judged, other] = [digits(3, 1), digits(2, 2), digits(3, 4)];
const PLAN: TrainingPlan = {
  ...{ recipe: 'fp8-ibm', target: 'ibm-fp8', network: 'mlp', epochs: 2, batch: 1, seed: 1, arithmetic: 'array' },
};
const PARTS = { plan: PLAN, recipe: trainRecipeNamed('fp8-ibm'), target: loadTarget('ibm-fp8'), data, judged };

it('a run is told from others by every option and every content that its numbers depend on, the first named', () => {
  const own = identityOf(PARTS);
  expect(differenceOf(own, identityOf({ ...PARTS }))).toBeUndefined();
  expect([own.options.share, own.options.temperature]).toEqual(['none', 'none']);
  const plan = (parts: Partial<TrainingPlan>) => ({ ...PARTS, plan: { ...PLAN, ...parts } });
  const others: [string, Parameters<typeof identityOf>[0]][] = [
    ['--recipe was fp8-ibm, is hfp8', { ...PARTS, recipe: trainRecipeNamed('hfp8') }],
    ['--network was mlp, is lenet', plan({ network: 'lenet' })],
    ['--epochs was 2, is 3', plan({ epochs: 3 })],
    ['--images was 3, is 2', { ...PARTS, data: judged }],
    ['--judged was 2, is 3', { ...PARTS, judged: data }],
    ['--batch was 1, is 2', plan({ batch: 2 })],
    ["--rate was the recipe's, is 0.5", plan({ rate: 0.5 })],
    ['--loss-scale was the recipe\'s, is {"kind":"none"}', plan({ scaling: { kind: 'none' } })],
    ['--share was none, is 0.25', plan({ distillation: { share: 0.25, temperature: 4 } })],
    ['--arithmetic was array, is float', plan({ arithmetic: 'float' })],
    ['--seed was 1, is 2', plan({ seed: 2 })],
    ['--recipe has other contents since', { ...PARTS, recipe: { ...PARTS.recipe, rate: 1 } }],
    ['--target has other contents since', { ...PARTS, target: { ...PARTS.target, clockMhz: 1 } }],
    ['--data has other contents since', { ...PARTS, data: other }],
    ['--data has other contents since', { ...PARTS, data: { ...data, labels: other.labels } }],
  ];
  for (const [difference, parts] of others) expect(differenceOf(own, identityOf(parts))).toBe(difference);
  const warm = identityOf(plan({ distillation: { share: 0.25, temperature: 4 } }));
  const cold = identityOf(plan({ distillation: { share: 0.25, temperature: 2 } }));
  expect(differenceOf(warm, cold)).toBe('--temperature was 4, is 2');
});

it('files are told by their contents, not by their paths', () => {
  const folder = folderWith({ 'a.onnx': 'one', 'b.onnx': 'one' });
  const [a, b] = ['a.onnx', 'b.onnx'].map((name) => join(folder, name));
  const of = (network: string, teacher?: string) => identityOf({ ...PARTS, plan: { ...PLAN, network, teacher } });
  const before = of(a, a);
  expect(differenceOf(before, of(b, b))).toBeUndefined();
  expect(differenceOf(before, of(a))).toBe('--teacher has other contents since');
  expect(differenceOf(of('mlp'), before)).toBe('--network was mlp, is a file');
  writeFileSync(b, 'two');
  expect(differenceOf(before, of(b, a))).toBe('--network has other contents since');
  expect(differenceOf(before, of(a, b))).toBe('--teacher has other contents since');
});

it('what another build kept, or what is none, is of another build', () => {
  const own = identityOf(PARTS);
  for (const before of [undefined, {}, { ...own, build: 'x' }])
    expect(differenceOf(before, own)).toBe('of another build of lastbit');
  expect(differenceOf({ build: own.build }, own)).toBe('--recipe was undefined, is fp8-ibm');
  expect(differenceOf({ build: own.build, options: own.options }, own)).toBe('--recipe has other contents since');
});
