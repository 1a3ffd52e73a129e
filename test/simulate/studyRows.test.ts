import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { exactArithmetic } from '../../src/networks/arithmetic.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { judgeCost } from '../../src/simulate/cost.js';
import { openJournal } from '../../src/simulate/journal.js';
import { modelBytesOf } from '../../src/simulate/modelBytes.js';
import { whyNot } from '../../src/simulate/plan.js';
import { OUTCOME, run, runFloat } from '../../src/simulate/run.js';
import { type Candidate, runStudy, type StudyPlan } from '../../src/simulate/study.js';
import { loadTarget, TARGETS } from '../../src/targets/catalog.js';
import { digits } from '../../src/training/data/digits.js';
import { FLAGS } from '../../src/training/data/flags.js';
import { generate } from '../../src/training/data/generator.js';
import { accuracyOf } from '../../src/training/session/train.js';
import { folderWith } from '../cli/command.js';
import { forget, seen } from './inProcess.js';

vi.mock('piscina', async () => await import('./inProcess.js'));

const model = (name: string) => join(import.meta.dirname, '..', '..', 'models', `digits-${name}.onnx`);
const networkOf = (name: string) => readOnnx(readFileSync(model(name)), model(name));
const candidate = (name: string, parts: Partial<Candidate> = {}): Candidate => ({
  ...{ recipe: name, family: 'int8 after training', path: model(name), network: networkOf(name), ...parts },
});

const data = digits(2);
const float = runFloat(networkOf('fp32'), data);
const STEP = { stepCycles: 5, stepEnergyPj: 6 };

function planIn(parts: Partial<StudyPlan> = {}): StudyPlan {
  const journal = openJournal(join(folderWith(), 'journal'), 'build');
  return { data: { images: 2 }, reference: model('fp32'), journal, ...parts };
}

beforeEach(forget);

it('a study has a row for each network on each target that runs it, as a run gives it, the home target first', async () => {
  const targets = ['int8', 'fp8-fp16', 'fp8-fp32', 'int8-gated'];
  const candidates = [candidate('int8'), candidate('e4m3fn', { home: 'fp8-fp32', step: STEP }), candidate('radix4')];
  const begun: [number, number][] = [];
  const plan = planIn({ targets, onBegin: (unfinished, all) => begun.push([unfinished.length, all]) });
  const { rows, unplaced } = await runStudy(candidates, plan);
  expect(rows.map(({ recipe, target }) => [recipe, target])).toEqual([
    ['int8', 'int8'],
    ['int8', 'int8-gated'],
    ['e4m3fn', 'fp8-fp32'],
    ['e4m3fn', 'fp8-fp16'],
    ['radix4', undefined],
  ]);
  expect(unplaced).toEqual([`radix4: ${whyNot(networkOf('radix4'), loadTarget('int8'))}`]);
  // A machine for zeros has the bits of the array without one: one run for both, on either.
  expect(seen.plans.map(({ network, target }) => [network, target.base])).toEqual([
    [model('int8'), 'int8-gated'],
    [model('e4m3fn'), 'fp8-fp32'],
    [model('e4m3fn'), 'fp8-fp16'],
  ]);
  expect(begun).toEqual([[3, 3]]);
  for (const row of rows.slice(0, 4)) {
    const network = networkOf(row.recipe);
    const target = loadTarget(row.target ?? '');
    const whole = run(network, target, data, float);
    const { cycles, energyPj, extrapolated } = judgeCost(network, target);
    const { pareto: _pareto, ...rest } = row;
    expect(rest).toEqual({
      ...{ recipe: row.recipe, family: 'int8 after training', target: row.target, images: 2 },
      ...Object.fromEntries(OUTCOME.map((field) => [field, whole[field]])),
      ...{ cycles: cycles.total, energyPj, extrapolated },
      ...(row.recipe === 'e4m3fn' && STEP),
      modelKilobytes: modelBytesOf(network) / 1024,
    });
  }
  const { pareto, ...alone } = rows[4];
  expect(alone).toEqual({
    ...{ recipe: 'radix4', family: 'int8 after training', images: 2 },
    ...{ accuracy: accuracyOf(networkOf('radix4'), data, exactArithmetic) },
    modelKilobytes: modelBytesOf(networkOf('radix4')) / 1024,
  });
  expect(pareto).toBe(false);
  const judged = rows.slice(0, 4);
  for (const row of judged) {
    const { accuracy, cycles = 0, energyPj = 0 } = row;
    const isBeaten = judged.some(
      (other) =>
        other.accuracy >= accuracy &&
        (other.cycles ?? 0) <= cycles &&
        (other.energyPj ?? 0) <= energyPj &&
        (other.accuracy > accuracy || (other.cycles ?? 0) < cycles || (other.energyPj ?? 0) < energyPj),
    );
    expect(row.pareto).toBe(!isBeaten);
  }
  // Everything is known now, the exact accuracy too.
  forget();
  expect(await runStudy(candidates, plan)).toEqual({ rows, unplaced, ungated: [] });
  expect(seen.plans).toEqual([]);
  expect(begun).toEqual([
    [3, 3],
    [0, 3],
  ]);
  plan.journal.close();
});

it('where no images are given, those are generated that the networks read', async () => {
  const path = join(import.meta.dirname, '..', '..', 'models', 'flags-int8.onnx');
  const network = readOnnx(readFileSync(path), path);
  const { rows } = await runStudy([candidate('int8', { path, network })], planIn({ targets: ['fp8-fp16'] }));
  const accuracy = accuracyOf(network, generate(FLAGS, 2), exactArithmetic);
  expect(rows).toMatchObject([{ images: 2, accuracy }]);
});

it('a trained network that no target runs keeps the row of its training', async () => {
  const own = { target: 'fp16', accuracy: 0.5, cycles: 7, energyPj: 8 };
  const { rows } = await runStudy([candidate('radix4', { own, step: STEP })], planIn({ targets: ['int8'] }));
  const modelKilobytes = modelBytesOf(networkOf('radix4')) / 1024;
  expect(rows).toEqual([
    { recipe: 'radix4', family: 'int8 after training', images: 2, ...own, ...STEP, modelKilobytes, pareto: true },
  ]);
});

it('all targets of the catalogue are taken where none is named, less those that would repeat a row', async () => {
  const network = networkOf('int4');
  const { rows } = await runStudy([candidate('int4')], planIn());
  const fit = TARGETS.map(({ name }) => loadTarget(name)).filter((target) => whyNot(network, target) === undefined);
  const costs = fit.map((target) => {
    const { cycles, energyPj } = judgeCost(network, target);
    return { name: target.name, cycles: cycles.total, energyPj };
  });
  // Integer sums that are exact are the same on all of them: rows are told apart by their cycles and energy.
  const wanted = costs.filter(
    ({ cycles, energyPj }, i) =>
      !costs.slice(0, i).some((other) => other.cycles === cycles && other.energyPj === energyPj),
  );
  expect(rows.map(({ target, cycles, energyPj }) => ({ name: target, cycles, energyPj }))).toEqual(wanted);
  expect(wanted[0].name).toBe(fit[0].name);
});
