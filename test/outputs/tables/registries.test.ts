import { describe, expect, it } from 'vitest';
import {
  cycleRow,
  cycleTotal,
  CYCLE_COLUMNS,
  SCALE_SIM_COLUMNS,
  scaleSimTotal,
} from '../../../src/outputs/tables/cycles.js';
import {
  ACCUMULATE_COLUMNS,
  ACTION_COLUMNS,
  LAYER_COLUMNS,
  QUANTIZE_COLUMNS,
  type ResultColumn,
  resultCsv,
  resultJson,
  resultMarkdown,
  resultTable,
  RUN_COLUMNS,
  runJson,
  STUDY_COLUMNS,
  SWEEP_COLUMNS,
  worstCsv,
} from '../../../src/outputs/tables/results.js';
import { EPOCH_COLUMNS, PRODUCT_COLUMNS, STEP_COLUMNS } from '../../../src/outputs/tables/training.js';

/** What leaves of one row, every field of which has a value of its own: for people, and for machines. */
const json = <Row>(columns: readonly ResultColumn<Row>[], row: Row) => JSON.stringify(resultJson(columns, row));
const shown = <Row>(columns: readonly ResultColumn<Row>[], row: Row) =>
  resultTable(columns, [row])
    .split('\n')
    .filter((_, i) => i !== 1)
    .map((line) =>
      line
        .split(/ {2,}/)
        .map((cell) => cell.trim())
        .filter(Boolean),
    );
/** Titles of the columns in the order in which they go when the table gets narrower, those that go together in one. */
function leaving<Row>(columns: readonly ResultColumn<Row>[], row: Row): string[] {
  const gone: string[] = [];
  for (let width = 400; width > 8; width--) {
    const last = resultTable(columns, [row], width).replaceAll('\n', ' ').split('left out to fit: ')[1];
    const names = last === undefined ? [] : last.replace(/; --wide shows all$/, '').split(', ');
    const more = names.filter((name) => !gone.some((titles) => titles.split(', ').includes(name)));
    if (more.length > 0) gone.push(more.join(', '));
  }
  return gone;
}

const CYCLES = { load: 11, fill: 12, stream: 13, drain: 14, stall: 15, total: 65 };
const stats = (first: number) => ({
  sums: first,
  wrong: first + 1,
  notFinite: first + 2,
  sqnrDb: first + 0.25,
  maxUlp: first + 0.125,
  meanUlp: first + 0.0625,
  biasUlp: first + 0.03125,
  largest: first + 0.015625,
});
const LAYER = {
  layer: 'conv1',
  op: 'conv',
  unit: 'int8',
  m: 21,
  n: 22,
  k: 23,
  groups: 24,
  macs: 25,
  cycles: CYCLES,
  utilization: 0.26125,
  energyPj: 27_987,
  single: stats(100),
  entire: stats(200),
  swamped: 31,
  overflowed: 32,
  sufficient: { bits: 33, exponent: -34 },
  movement: {
    counts: { aReads: 41, bReads: 42, aMoves: 43, bMoves: 44, sumMoves: 45, sumReads: 46, sumWrites: 47 },
    traffic: { aReads: 51.5, bReads: 52, sumReads: 53, sumWrites: 54 },
    hindrance: { sram: 61, dram: 62 },
  },
  route: 'a route',
  energy: [],
};

const RUN = {
  target: 'T',
  network: 'N',
  datapath: 'D',
  images: 3,
  accuracy: 0.9125,
  floatAccuracy: 0.98765,
  sqnrExactDb: 31.25,
  sqnrFloatDb: 21.75,
  layers: [LAYER],
  cost: {
    cycles: CYCLES,
    utilization: 0.5,
    energyPj: 123_456,
    milliseconds: 0.0123456789,
    macs: 77,
    extrapolated: true,
    sources: ['one', 'two'],
  },
};
const POINT = {
  ...{ network: 'models/a.b.onnx', datapath: 'D', rows: 4, cols: 8, dataflow: 'ws', images: 3, accuracy: 0.125 },
  ...{
    floatAccuracy: 0.25,
    sqnrExactDb: 31.25,
    sqnrFloatDb: 21.75,
    cycles: 99,
    utilization: 0.625,
    energyPj: 1_999_999,
  },
  ...{ extrapolated: false, pareto: true },
};
const STUDY = {
  ...{ family: 'F', recipe: 'R', target: 'T', images: 3, accuracy: 0.125, floatAccuracy: 0.25, sqnrFloatDb: 21.75 },
  ...{ sqnrExactDb: 31.25, cycles: 99, energyPj: 1_999_999, extrapolated: true, modelKilobytes: 12.34 },
  ...{ stepCycles: 123, stepEnergyPj: 7_600_000, pareto: false },
};
const ACCUMULATION = {
  ...{ datapath: 'D', length: 5, exact: 1.123456789, got: -1.2, relativeError: -0.0123456, errorUlp: 7.12345 },
  ...{ swamped: 2, overflowed: 3 },
};
const STEP = {
  ...{ step: 1, epoch: 2, loss: 0.123456789, accuracy: 0.5, lossScale: 1024, skipped: true, underflow: 0.0125 },
  ...{ overflow: 0.005, macs: 8, macsBeside: 9, cycles: 10, energyPj: 11.5 },
};
const EPOCH = {
  ...{
    epoch: 2,
    loss: 0.123456789,
    accuracy: 0.5,
    judgedAccuracy: 0.25,
    lossScale: 1024,
    skipped: 3,
    underflow: 0.0125,
  },
  ...{ overflow: 0.005, macs: 8, macsBeside: 2, cycles: 10, energyPj: 2_500_000, milliseconds: 1.26 },
};
const PRODUCT = {
  ...{
    layer: 'L',
    pass: 'forward',
    unit: undefined,
    a: 'x',
    b: 'y',
    macs: 8,
    cycles: 10,
    energyPj: 2560,
    sqnrDb: 12.5,
  },
};
const PART = {
  action: { kind: 'write', level: 'sram', kilobytes: 8 },
  count: 2.5,
  energyPj: 25,
  entry: { pj: 10, source: 'S', node: '45 nm', voltage: 0.9, extrapolated: false },
};
const QUANTIZED = { network: 'N', recipe: 'R', calibrationImages: 4, images: 5, before: 0.98766, after: 0.5 };

/** Titles and cells that a terminal shows where there is room; fields that a row may lack; what goes first, and together. */
interface Expected {
  titles: string;
  cells: string;
  optional: string;
  leaving: readonly string[];
  json: object;
}

const RUN_JSON = {
  ...{ target: 'T', network: 'N', datapath: 'D', images: 3, accuracyPercent: 91.25, floatAccuracyPercent: 98.765 },
  ...{ sqnrExactDb: 31.25, exact: false, sqnrFloatDb: 21.75, exactFloat: false, cycles: 65, loadCycles: 11 },
  ...{ fillCycles: 12, streamCycles: 13, drainCycles: 14, stallCycles: 15, utilizationPercent: 50, energyPj: 123_456 },
  ...{ milliseconds: 0.0123457, macs: 77, extrapolated: true, energySources: 'one; two' },
};
const LAYER_JSON = {
  ...{ layer: 'conv1', op: 'conv', unit: 'int8', m: 21, n: 22, k: 23, groups: 24, macs: 25, cycles: 65 },
  ...{ loadCycles: 11, fillCycles: 12, streamCycles: 13, drainCycles: 14, stallCycles: 15 },
  ...{ utilizationPercent: 26.125, energyPj: 27_987, sums: 100, wrongSums: 101, notFiniteSums: 102 },
  ...{ sqnrSingleDb: 100.25, exactSingle: false, sqnrEntireDb: 200.25, exactEntire: false },
  ...{ maxErrorUlp: 100.125, meanErrorUlp: 100.063, biasUlp: 100.031, wrongSumsEntire: 201, notFiniteSumsEntire: 202 },
  ...{ maxErrorUlpEntire: 200.125, meanErrorUlpEntire: 200.063, swamped: 31, overflowed: 32 },
  ...{ sufficientBits: 33, sufficientExponent: -34, largestSum: 100.015625 },
  ...{ aReads: 41, bReads: 42, aMoves: 43, bMoves: 44, sumMoves: 45, sumReads: 46, sumWrites: 47 },
  ...{
    dramAReadBits: 51.5,
    dramBReadBits: 52,
    dramSumReadBits: 53,
    dramSumWriteBits: 54,
    sramCycles: 61,
    dramCycles: 62,
  },
};
const MOVED =
  'aReads bReads aMoves bMoves sumMoves sumReads sumWrites dramAReadBits dramBReadBits dramSumReadBits dramSumWriteBits sramCycles dramCycles';

const REGISTRIES: [string, readonly ResultColumn<never>[], object, Expected][] = [
  [
    'a run',
    RUN_COLUMNS,
    RUN,
    {
      titles:
        'target | network | accuracy (%) | fp32 (%) | SQNR to exact (dB) | SQNR to fp32 (dB) | cycles | utilisation (%) | energy (nJ)',
      cells: 'T | N | 91.3 | 98.8 | 31.3 | 21.8 | 65 | 50.0 | 123',
      optional: 'floatAccuracyPercent sqnrFloatDb',
      leaving: ['utilisation (%)', 'SQNR to fp32 (dB)', 'fp32 (%)'],
      json: RUN_JSON,
    },
  ],
  [
    'a layer',
    LAYER_COLUMNS,
    LAYER,
    {
      titles:
        'layer | unit | m | n | k | cycles | load | fill | stream | drain | stall | util. (%) | energy (nJ) | SQNR (dB) | SQNR entire (dB) | max (ulp) | mean (ulp) | swamped | overflowed',
      cells:
        'conv1 | int8 | 21 | 22 | 23 | 65 | 11 | 12 | 13 | 14 | 15 | 26.1 | 28.0 | 100.3 | 200.3 | 100.1 | 100.063 | 31 | 32',
      optional: `sufficientBits sufficientExponent ${MOVED}`,
      leaving: ['load, fill, stream, drain, stall', 'm, n, k', 'unit', 'mean (ulp)', 'max (ulp)', 'SQNR entire (dB)'],
      json: LAYER_JSON,
    },
  ],
  [
    'a point of a sweep',
    SWEEP_COLUMNS,
    POINT,
    {
      titles:
        'network | datapath | rows | cols | dataflow | accuracy (%) | SQNR to exact (dB) | cycles | util. (%) | energy (nJ) | Pareto',
      cells: 'a.b | D | 4 | 8 | ws | 12.5 | 31.3 | 99 | 62.5 | 2000 | yes',
      optional: 'floatAccuracyPercent sqnrFloatDb',
      leaving: ['util. (%)', 'SQNR to exact (dB)'],
      json: {
        ...{ network: 'models/a.b.onnx', datapath: 'D', rows: 4, cols: 8, dataflow: 'ws', images: 3 },
        ...{ accuracyPercent: 12.5, floatAccuracyPercent: 25, sqnrExactDb: 31.25, exact: false },
        ...{ sqnrFloatDb: 21.75, exactFloat: false, cycles: 99, utilizationPercent: 62.5, energyPj: 1_999_999 },
        ...{ extrapolated: false, pareto: true },
      },
    },
  ],
  [
    'a row of a study',
    STUDY_COLUMNS,
    STUDY,
    {
      titles:
        'family | recipe | target | accuracy (%) | SQNR to fp32 (dB) | SQNR to exact (dB) | cycles | energy (nJ) | model (KB) | training step (uJ) | Pareto',
      cells: 'F | R | T | 12.5 | 21.8 | 31.3 | 99 | 2000 | 12.3 | 8 | no',
      optional:
        'target images floatAccuracyPercent sqnrFloatDb sqnrExactDb cycles energyPj extrapolated stepCycles stepEnergyPj',
      leaving: ['family', 'training step (uJ)', 'SQNR to exact (dB)', 'SQNR to fp32 (dB)', 'model (KB)'],
      json: {
        ...{ family: 'F', recipe: 'R', target: 'T', images: 3, accuracyPercent: 12.5, floatAccuracyPercent: 25 },
        ...{ sqnrFloatDb: 21.75, exactFloat: false, sqnrExactDb: 31.25, exact: false, cycles: 99 },
        ...{ energyPj: 1_999_999, extrapolated: true, modelKilobytes: 12.34, stepCycles: 123 },
        ...{ stepEnergyPj: 7_600_000, pareto: false },
      },
    },
  ],
  [
    'an accumulation',
    ACCUMULATE_COLUMNS,
    ACCUMULATION,
    {
      titles: 'datapath | length | exact | got | relativeError | errorUlp | swamped | overflowed',
      cells: 'D | 5 | 1.123 | -1.200 | -0.01235 | 7.123 | 2 | 3',
      optional: '',
      leaving: [],
      json: {
        ...{ datapath: 'D', length: 5, exact: 1.123456789, got: -1.2, gotKind: 'finite' },
        ...{ relativeError: -0.0123456, errorUlp: 7.12345, swamped: 2, overflowed: 3 },
      },
    },
  ],
  [
    'a step of training',
    STEP_COLUMNS,
    STEP,
    {
      titles:
        'step | epoch | loss | batch (%) | loss scale | skipped | underflow (%) | overflow (%) | MACs | beside | cycles | energy (pJ)',
      cells: '1 | 2 | 0.1235 | 50.0 | 1024 | yes | 1.25 | 0.50 | 8 | 9 | 10 | 11.5',
      optional: '',
      leaving: [],
      json: {
        ...{ step: 1, epoch: 2, loss: 0.123457, accuracyPercent: 50, lossScale: 1024, skipped: true },
        ...{ underflowPercent: 1.25, overflowPercent: 0.5, macs: 8, macsBeside: 9, cycles: 10, energyPj: 11.5 },
      },
    },
  ],
  [
    'an epoch of training',
    EPOCH_COLUMNS,
    EPOCH,
    {
      titles:
        'epoch | loss | trained on (%) | judged (%) | loss scale | skipped | underflow (%) | overflow (%) | beside the array (%) | cycles | time (ms) | energy (uJ)',
      cells: '2 | 0.1235 | 50.0 | 25.0 | 1024 | 3 | 1.25 | 0.50 | 25 | 10 | 1.3 | 2.5',
      optional: '',
      leaving: ['time (ms)', 'skipped'],
      json: {
        ...{ epoch: 2, loss: 0.123457, accuracyPercent: 50, judgedAccuracyPercent: 25, lossScale: 1024 },
        ...{ skippedSteps: 3, underflowPercent: 1.25, overflowPercent: 0.5, macs: 8, macsBeside: 2, cycles: 10 },
        ...{ milliseconds: 1.26, energyPj: 2_500_000 },
      },
    },
  ],
  [
    'a product of training',
    PRODUCT_COLUMNS,
    PRODUCT,
    {
      titles: 'layer | product | a | b | unit | MACs | cycles | energy (nJ) | SQNR (dB)',
      cells: 'L | forward | x | y | none: beside the array | 8 | 10 | 2.6 | 12.5',
      optional: 'sqnrDb',
      leaving: ['MACs'],
      json: {
        ...{ layer: 'L', pass: 'forward', a: 'x', b: 'y', unit: 'none: beside the array', macs: 8, cycles: 10 },
        ...{ energyPj: 2560, sqnrDb: 12.5, exact: false },
      },
    },
  ],
  [
    "a part of a layer's energy",
    ACTION_COLUMNS,
    PART,
    {
      titles: 'action | count | energy (pJ) | each (pJ) | source | node | voltage | extrapolated',
      cells: 'write:sram8KB | 2.5 | 25 | 10 | S | 45 nm | 0.9 | no',
      optional: 'voltage',
      leaving: [],
      json: {
        ...{ action: 'write:sram8KB', count: 2.5, energyPj: 25, eachPj: 10, source: 'S', node: '45 nm' },
        ...{ voltage: 0.9, extrapolated: false },
      },
    },
  ],
  [
    'a quantization',
    QUANTIZE_COLUMNS,
    QUANTIZED,
    {
      titles: 'network | recipe | calibration | images | before (%) | after (%)',
      cells: 'N | R | 4 | 5 | 98.77 | 50.00',
      optional: '',
      leaving: [],
      json: {
        ...{ network: 'N', recipe: 'R', calibrationImages: 4, images: 5 },
        ...{ floatAccuracyPercent: 98.766, accuracyPercent: 50 },
      },
    },
  ],
];

describe.each(REGISTRIES)('%s', (_name, columns, row, expected) => {
  it('shows these columns, leaves with these fields, and lacks no others than these', () => {
    const [titles, cells] = shown(columns, row as never);
    expect([titles.join(' | '), cells.join(' | ')]).toEqual([expected.titles, expected.cells]);
    expect(json(columns, row as never)).toBe(JSON.stringify(expected.json));
    const optional = columns.filter((column) => column.optional === true).map(({ field }) => field);
    expect(optional.join(' ')).toBe(expected.optional);
    const markdown = [titles, titles.map(() => '---'), cells].map((line) => `| ${line.join(' | ')} |\n`).join('');
    expect(resultMarkdown(columns, [row as never])).toBe(markdown);
    const csv = Object.entries(expected.json).map(([field, value]) => [
      field,
      typeof value === 'boolean' ? csvFlag(field, value) : value,
    ]);
    const [head, line] = resultCsv(columns, [row as never]).split('\n');
    expect([head, line]).toEqual([csv.map(([field]) => field).join(), csv.map(([, value]) => value).join()]);
  });

  it('gets narrower by what matters least, the rest one by one from the right', () => {
    const first = leaving(columns, row as never).slice(0, expected.leaving.length + 1);
    expect(first.slice(0, expected.leaving.length)).toEqual(expected.leaving);
    // What matters most goes alone.
    expect(first.at(-1)).not.toContain(', ');
  });
});

/** Flags beside an unbounded figure are 0 or 1 in CSV, those of a row true or false. */
const csvFlag = (field: string, value: boolean) => (field.startsWith('exact') ? Number(value) : value);

it('a run is its fields, with its layers, their energies and their worst sums', () => {
  const worst = { a: '0x1 0x2', b: '0x3 0x4', exact: 5.5, got: 5.25, ulp: 0.25 };
  const layers = [{ ...LAYER, energy: [PART], worst }, LAYER];
  expect(runJson({ ...RUN, layers } as never)).toEqual({
    ...RUN_JSON,
    layers: [
      {
        ...LAYER_JSON,
        route: 'a route',
        energy: [REGISTRIES[8][3].json],
        worst: { a: '0x1 0x2', b: '0x3 0x4', modelExact: 5.5, modelResult: 5.25, modelErrorUlp: 0.25 },
      },
      { ...LAYER_JSON, route: 'a route', energy: [] },
    ],
  });
  expect(worstCsv(layers as never)).toBe(
    'layer,unit,a,b,modelExact,modelResult,modelErrorUlp\nconv1,int8,0x1 0x2,0x3 0x4,5.5,5.25,0.25\n',
  );
});

it('layers without memory movement have none of its fields', () => {
  const { movement: _movement, ...still } = LAYER;
  expect(Object.keys(JSON.parse(json(LAYER_COLUMNS, still as never))).at(-1)).toBe('largestSum');
});

it('what a sum came to is said in words', () => {
  const kinds = [1, -0, Infinity, -Infinity, Number.NaN].map(
    (got) => resultJson(ACCUMULATE_COLUMNS, { ...ACCUMULATION, got }).gotKind,
  );
  expect(kinds).toEqual(['finite', 'finite', 'positive infinity', 'negative infinity', 'not a number']);
});

const ROW = {
  ...{ name: 'L', totalCycles: 65, m: 2, n: 3, k: 4, groups: 5, macs: 120, loadCycles: 11, fillCycles: 12 },
  ...{ streamCycles: 13, drainCycles: 14, stallCycles: 15, utilizationPercent: 25, aReads: 6, bReads: 7 },
  ...{ sumReads: 8, sumWrites: 9 },
};

it('a layer of a topology is its job, its cycles and its counts', () => {
  const counts = { macs: 120, aReads: 6, bReads: 7, sumReads: 8, sumWrites: 9 };
  const cost = { cycles: CYCLES, counts, utilization: 0.25 } as never;
  expect(cycleRow({ layer: 'L', m: 2, n: 3, k: 4, groups: 5 }, cost)).toEqual(ROW);
  expect(cycleRow({ layer: 'L', m: 2, n: 3, k: 4 }, cost)).toEqual({ ...ROW, groups: 1 });
  const [titles, cells] = shown(CYCLE_COLUMNS, ROW);
  expect(titles.join(' | ')).toBe(
    'layer | cycles | m | n | k | load | fill | stream | drain | stall | util. (%) | a reads | b reads | sum reads | sum writes',
  );
  expect(cells.join(' | ')).toBe('L | 65 | 2 | 3 | 4 | 11 | 12 | 13 | 14 | 15 | 25.0 | 6 | 7 | 8 | 9');
  expect(leaving(CYCLE_COLUMNS, ROW).slice(0, 2)).toEqual(['a reads, b reads, sum reads, sum writes', 'm, n, k']);
  expect(resultJson(CYCLE_COLUMNS, ROW)).toEqual(ROW);
});

it('all layers are their sums, the utilization that of all their cycles', () => {
  const { name: _name, m: _m, n: _n, k: _k, groups: _groups, ...summed } = ROW;
  const twice = Object.fromEntries(Object.entries(summed).map(([field, value]) => [field, 2 * value]));
  expect(cycleTotal([ROW, ROW], 16)).toEqual({ ...twice, utilizationPercent: (100 * 240) / (130 * 16) });
  const large = { ...ROW, macs: 2 ** 53 - 1 };
  expect(cycleTotal([large, { ...ROW, macs: 1 }], 16).macs).toBe(2 ** 53);
  expect(() => cycleTotal([large, { ...ROW, macs: 2 }], 16)).toThrow(
    'macs of all 2 layers together would be 9007199254740993, which is beyond 2^53 - 1 and which float64 does not hold exactly; split the file',
  );
  // What is beyond 2^53 in every sum but not in the exact one.
  expect(cycleTotal([large, { ...ROW, macs: 2 }, { ...ROW, macs: 3 }], 16).macs).toBe(2 ** 53 + 4);
});

it("SCALE-Sim's fields are shown with its digits, and what may be added up is", () => {
  const count = {
    ...{ name: 'L', totalCycles: 1, overallUtil: 22.226, mappingEfficiency: 33.336, computeUtil: 44.446 },
    ...{ sramIfmapReads: 5, sramFilterReads: 6, sramOfmapWrites: 7 },
  };
  expect(shown(SCALE_SIM_COLUMNS, count)[1]).toEqual(['L', '1', '22.23', '33.34', '44.45', '5', '6', '7']);
  expect(scaleSimTotal([count, count, count])).toEqual({
    ...{ totalCycles: 3, sramIfmapReads: 15, sramFilterReads: 18, sramOfmapWrites: 21 },
  });
});
