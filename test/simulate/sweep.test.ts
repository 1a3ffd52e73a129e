import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { judgeCost } from '../../src/simulate/cost.js';
import { checkUnchanged, digestsOf, type Inquiry, inquiryOf } from '../../src/simulate/inquiry.js';
import { openJournal } from '../../src/simulate/journal.js';
import { outcomesOf, unfinishedOf } from '../../src/simulate/outcomes.js';
import { checkInputs, loadData, resolveTarget, type RunPlan } from '../../src/simulate/plan.js';
import { runAll } from '../../src/simulate/pool.js';
import { OUTCOME, qualityOf, run, runFloat } from '../../src/simulate/run.js';
import { planSweep, runSweep } from '../../src/simulate/sweep.js';
import { parseSweep, type SweepFile, targetAround } from '../../src/simulate/sweepFile.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { digits } from '../../src/training/data/digits.js';
import { folderWith } from '../cli/command.js';
import { forget, seen } from './inProcess.js';

vi.mock('piscina', async () => await import('./inProcess.js'));

const model = (name: string) => join(import.meta.dirname, '..', '..', 'models', `${name}.onnx`);
const [int8, fp8, fp32] = ['digits-int8', 'digits-e4m3fn', 'digits-fp32'].map(model);
const networkOf = (path: string) => readOnnx(readFileSync(path), path);
const floatRun = runFloat(networkOf(fp32), digits(3));

const journalIn = () => openJournal(join(folderWith(), 'journal'), 'build');
const sweepOf = (text: string): SweepFile => parseSweep(text, 'sweep.yaml');

beforeEach(forget);

describe('a sweep', () => {
  const file = sweepOf(
    JSON.stringify({
      networks: [int8, fp8],
      datapaths: ['int8', 'fp8-fp16'],
      rows: [8, 16],
      cols: [4, 16],
      dataflow: ['os', 'ws'],
      reference: fp32,
      images: 3,
    }),
  );

  it('has a point for each network, unit and array that go together, in the order of its axes', async () => {
    const { points, skipped } = await planSweep(file);
    const pairs = [
      [int8, 'int8'],
      [fp8, 'fp8-fp16'],
    ];
    const arrays = [8, 16].flatMap((rows) =>
      [4, 16].flatMap((cols) => ['os', 'ws'].map((dataflow) => ({ rows, cols, dataflow }))),
    );
    expect(
      points.map(({ path, datapath, target: { array } }) => [path, datapath, array.rows, array.cols, array.dataflow]),
    ).toEqual(pairs.flatMap((pair) => arrays.map(({ rows, cols, dataflow }) => [...pair, rows, cols, dataflow])));
    expect(skipped).toHaveLength(2);
    expect(skipped[0]).toMatch(/digits-int8\.onnx on fp8-fp16: layer conv1 multiplies int8 x int8/);
    expect(skipped[1]).toMatch(/digits-e4m3fn\.onnx on int8: layer conv1 multiplies e4m3fn x e4m3fn/);
    for (const { plan } of points) {
      expect(plan.data).toEqual({ images: 3 });
      expect(plan.reference).toBe(fp32);
    }
    // Output stationary arrays of any size add in one order, weight stationary ones by as many as they have rows.
    const keysOf = (dataflow: string) =>
      new Set(points.filter(({ target }) => target.array.dataflow === dataflow).map(({ key }) => key)).size;
    expect([keysOf('os'), keysOf('ws')]).toEqual([2, 4]);
    await expect(planSweep({ ...file, networks: [int8], datapaths: ['fp8-fp16'] })).rejects.toThrow(
      /^the sweep has no point that can run: .*digits-int8\.onnx on fp8-fp16: layer conv1/,
    );
  });

  it('gives each point what a run of it gives, counts its cycles, and finds the front; each arithmetic runs once', async () => {
    const plan = await planSweep(file);
    const journal = journalIn();
    const images: number[] = [];
    const rows = await runSweep(plan, journal, { threads: 2, progress: (count) => images.push(count) });
    expect(rows).toHaveLength(plan.points.length);
    const distinct = new Set(plan.points.map(({ key }) => key));
    expect(seen.plans).toHaveLength(distinct.size);
    expect(images.at(-1)).toBe(3 * distinct.size);
    expect(images).toEqual(images.toSorted((x, y) => x - y));
    const known = new Map<string, ReturnType<typeof run>>();
    rows.forEach((row, i) => {
      const { network, target, path, datapath, key } = plan.points[i];
      const result = known.get(key) ?? run(network, target, digits(3), floatRun);
      known.set(key, result);
      const cost = judgeCost(network, target);
      const others = rows.filter((other) => other !== row);
      const isBelow = (x: typeof row) =>
        qualityOf(x) >= qualityOf(row) &&
        x.cycles <= row.cycles &&
        x.energyPj <= row.energyPj &&
        (qualityOf(x) > qualityOf(row) || x.cycles < row.cycles || x.energyPj < row.energyPj);
      expect(row).toEqual({
        ...{ network: path, datapath, rows: target.array.rows, cols: target.array.cols },
        ...{ dataflow: target.array.dataflow, images: 3 },
        ...Object.fromEntries(OUTCOME.map((field) => [field, result[field]])),
        ...{ cycles: cost.cycles.total, utilization: cost.utilization, energyPj: cost.energyPj },
        ...{ extrapolated: cost.extrapolated, pareto: !others.some(isBelow) },
      });
    });
    forget();
    expect(await runSweep(plan, journal)).toEqual(rows);
    expect(seen.plans).toEqual([]);
    journal.close();
  });
});

it('an axis takes one value or a list; what is not said is an array of 16 x 16 and 200 images', () => {
  expect(sweepOf('networks: a.onnx\ndatapaths: int8\n')).toEqual({
    ...{ networks: ['a.onnx'], datapaths: ['int8'], rows: [16], cols: [16], dataflow: ['os'], images: 200 },
    energy: 'horowitz-45nm',
  });
  for (const rows of [1, 4096]) expect(sweepOf(`networks: a\ndatapaths: b\nrows: ${rows}\n`).rows).toEqual([rows]);
  for (const images of [1, 10_000])
    expect(sweepOf(`networks: a\ndatapaths: b\nimages: ${images}\n`).images).toBe(images);
  for (const [field, value] of [
    ['rows', '0'],
    ['cols', '4097'],
    ['rows', '[]'],
    ['rows', '1.5'],
    ['images', '0'],
    ['dataflow', 'xs'],
    ['energy', 'none'],
  ])
    expect(() => sweepOf(`networks: a\ndatapaths: b\n${field}: ${value}\n`), field).toThrow(/^sweep\.yaml:3/);
});

it('a datapath of a target’s name brings the target, another one a plain array around it', () => {
  const file = sweepOf('networks: a\ndatapaths: b\n');
  expect(targetAround('int8', file)).toBe('int8');
  expect(targetAround('own.yaml', file)).toEqual({
    ...{ name: 'own.yaml', datapath: 'own.yaml', array: { rows: 16, cols: 16, dataflow: 'os' } },
    ...{ memories: { a: 32, b: 128, sum: 32 }, clockMhz: 500, energy: 'horowitz-45nm' },
  });
});

describe('runs that are asked for', () => {
  const PLAN: RunPlan = { network: int8, reference: fp32, data: { images: 2 }, target: { base: 'int8' } };
  const target = loadTarget('int8');
  const own = inquiryOf(PLAN, target, 'int8', digestsOf(PLAN));

  it('have a key of all that their bits depend on, and of nothing else', () => {
    const files = { network: 'n', reference: 'r', images: 'i' };
    const plan = { ...PLAN, data: { folder: 'data', images: 2, skip: 1 } };
    const keyOf = (parts: Partial<RunPlan>, hardware = target, digests: typeof files = files) =>
      inquiryOf({ ...plan, ...parts }, hardware, 'h', digests).key;
    const key = keyOf({});
    const same = [
      keyOf({ network: 'elsewhere.onnx' }),
      keyOf({}, { ...target, clockMhz: 1 }),
      keyOf({}, { ...target, memories: { ...target.memories, a: 1 } }),
      keyOf({}, { ...target, name: 'other' }),
      keyOf({}, { ...target, array: { ...target.array, rows: 3 } }),
    ];
    expect(new Set([key, ...same]).size).toBe(1);
    const fp = loadTarget('fp8-fp16');
    const others = [
      key,
      keyOf({}, target, { ...files, network: 'm' }),
      keyOf({}, target, { ...files, reference: 's' }),
      keyOf({}, target, { ...files, images: 'j' }),
      keyOf({ data: { ...plan.data, images: 3 } }),
      keyOf({ data: { ...plan.data, skip: 2 } }),
      keyOf({}, fp),
      keyOf({}, { ...target, others: [fp.datapath] }),
      keyOf({}, { ...fp, array: { ...fp.array, dataflow: 'ws' } }),
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  it('name each input as the user does, with a digest of its contents', () => {
    expect(Object.keys(own.inputs)).toEqual([int8, fp32, 'int8']);
    expect([own.inputs[int8], own.inputs[fp32]]).toEqual([own.files.network, own.files.reference]);
    expect(own.files).not.toHaveProperty('images');
    const alone = { ...PLAN, reference: undefined };
    expect(Object.keys(inquiryOf(alone, target, 'int8', digestsOf(alone)).inputs)).toEqual([int8, 'int8']);
    const data = { ...PLAN, data: { folder: 'data', images: 2 } };
    expect(inquiryOf(data, target, 'int8', digestsOf(data, 'i')).inputs).toMatchObject({ data: 'i' });
  });

  it('are said to have been changed by the input that was', () => {
    expect(() => checkUnchanged(own)).not.toThrow();
    const copy = join(folderWith(), 'net.onnx');
    copyFileSync(int8, copy);
    const plan = { ...PLAN, network: copy };
    const asked = inquiryOf(plan, target, 'int8', digestsOf(plan));
    expect(() => checkUnchanged(asked)).not.toThrow();
    copyFileSync(fp8, copy);
    expect(() => checkUnchanged(asked)).toThrow(`${copy} was changed during the run: run the command again`);
    const other = inquiryOf(PLAN, loadTarget('fp8-fp16'), 'int8', digestsOf(PLAN));
    expect(() => checkUnchanged(other)).toThrow('int8 was changed during the run');
  });

  it('are run once where they are equal, and not where the journal knows them', async () => {
    const journal = journalIn();
    const again = { ...own, hardware: 'another name' };
    const third = inquiryOf({ ...PLAN, data: { images: 1 } }, target, 'int8', digestsOf(PLAN));
    const asked: Inquiry[] = [own, again, third, own];
    expect(unfinishedOf(asked, journal)).toEqual([own, third]);
    const outcomes = await outcomesOf(asked, journal);
    expect(seen.plans).toEqual([own.plan, third.plan]);
    expect(outcomes.map(({ images }) => images)).toEqual([2, 2, 1, 2]);
    const whole = run(networkOf(int8), target, digits(2), runFloat(networkOf(fp32), digits(2)));
    const outcome = Object.fromEntries(OUTCOME.map((field) => [field, whole[field]]));
    expect(outcomes[0]).toEqual(outcome);
    expect(unfinishedOf(asked, journal)).toEqual([]);
    expect(await outcomesOf(asked, journal)).toEqual(outcomes);
    expect(seen.plans).toHaveLength(2);
    journal.close();
  });

  it('share threads, of which there are no more than runs, and give results in their order', async () => {
    expect(await runAll([])).toEqual([]);
    expect(seen.options).toEqual([]);
    const plans = [2, 1].map((images): RunPlan => ({ ...PLAN, reference: undefined, data: { images } }));
    const finished: [number, number][] = [];
    const results = await runAll(plans, {
      threads: 8,
      finished: (result, index) => finished.push([result.images, index]),
    });
    expect(results.map(({ images, floatAccuracy }) => [images, floatAccuracy])).toEqual([
      [2, undefined],
      [1, undefined],
    ]);
    expect(finished.toSorted(([x], [y]) => x - y)).toEqual([
      [1, 1],
      [2, 0],
    ]);
    await runAll(plans, { threads: 1 });
    await runAll(plans, { threads: 0 });
    expect(
      seen.options.map(({ minThreads, maxThreads, concurrentTasksPerWorker }) => [
        minThreads,
        maxThreads,
        concurrentTasksPerWorker,
      ]),
    ).toEqual([
      [1, 2, 1],
      [1, 1, 1],
      [1, 1, 1],
    ]);
    expect(seen.destroyed).toBe(3);
    await expect(runAll(plans, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(seen.destroyed).toBe(4);
    await expect(runAll([{ ...plans[0], network: 'none.onnx' }])).rejects.toThrow('none.onnx');
  });
});

describe('plans', () => {
  it('name files, each of which is read before anything runs', async () => {
    const plan: RunPlan = { network: int8, data: { images: 1 }, target: { base: 'int8' } };
    await checkInputs([plan, { ...plan, reference: fp32 }]);
    await expect(checkInputs([plan, { ...plan, network: 'gone.onnx' }])).rejects.toThrow('gone.onnx');
    await expect(checkInputs([plan, { ...plan, reference: 'lost.onnx' }])).rejects.toThrow('lost.onnx');
    const folder = folderWith({ 'own.csv': [1, 2, 3].map((label) => `${label},${'7,'.repeat(783)}8\n`).join('') });
    const data = { folder: join(folder, 'own.csv'), images: 2 };
    await checkInputs([{ ...plan, data }]);
    await expect(checkInputs([plan, { ...plan, data: { ...data, skip: 2 } }])).rejects.toThrow(
      'holds 3 samples, 4 were asked for',
    );
    expect(loadData(data).labels).toEqual(Uint8Array.of(1, 2));
    expect(loadData({ ...data, skip: 1 }).labels).toEqual(Uint8Array.of(2, 3));
    expect(loadData({ images: 2 })).toEqual(digits(2));
    writeFileSync(data.folder, 'x');
    await expect(checkInputs([{ ...plan, data }])).rejects.toThrow('own.csv');
  });

  it('take a target as it is, or with another array', () => {
    expect(resolveTarget({ base: 'int8' })).toEqual(loadTarget('int8'));
    const { array } = loadTarget('int8');
    expect(resolveTarget({ base: 'int8', array: { rows: 3, dataflow: 'ws' } }).array).toEqual({
      ...array,
      rows: 3,
      dataflow: 'ws',
    });
    const fields = targetAround('int8-int32', sweepOf('networks: a\ndatapaths: b\n'));
    expect(() => resolveTarget({ base: fields })).toThrow(/int8-int32/);
  });
});
