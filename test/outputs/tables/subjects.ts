/** What rows are made of: every field has a value of its own. */
export const CYCLES = { load: 11, fill: 12, stream: 13, drain: 14, stall: 15, total: 65 };
export const stats = (first: number) => ({
  sums: first,
  wrong: first + 1,
  notFinite: first + 2,
  sqnrDb: first + 0.25,
  maxUlp: first + 0.125,
  meanUlp: first + 0.0625,
  biasUlp: first + 0.03125,
  largest: first + 0.015625,
});
export const LAYER = {
  layer: 'conv1',
  node: 'conv1',
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
  glitches: { factor: 1.5, low: 1.25, high: 1.75 },
  route: 'a route',
  energy: [],
};

export const RUN = {
  target: 'T',
  network: 'N',
  datapath: 'D',
  images: 3,
  accuracy: 0.9125,
  accuracyInterval: [0.875, 0.9375],
  top5: 0.96875,
  floatAccuracy: 0.98765,
  sqnrExactDb: 31.25,
  sqnrFloatDb: 21.75,
  float: { sqnrDb: 21.75, cosine: 0.998, largestDifference: 0.75, agreement: 0.8125 },
  stored: { sqnrDb: 41.5, cosine: 0.5, largestDifference: 1.5, agreement: 0.625 },
  layers: [LAYER],
  /** Thirty of forty products are made on the array. */
  placements: [
    { layer: 'conv1', node: 'conv1', op: 'conv', place: 'array', rule: 'ort', job: { m: 2, n: 3, k: 5, groups: 1 } },
    { layer: 'd', node: 'dense1', op: 'dense', place: 'beside', reason: 'why', job: { m: 1, n: 2, k: 5, groups: 1 } },
    { layer: 'r', node: 'relu1', op: 'relu', place: 'beside' },
  ],
  cost: {
    cycles: CYCLES,
    utilization: 0.5,
    energyPj: 123_456,
    milliseconds: 0.0123456789,
    macs: 77,
    extrapolated: true,
    sources: ['one', 'two'],
  },
  uncompared: ['boxes', 'kept'],
  gates: {
    ...{ energyPj: 234_567, tablePj: 345_678, error: 0.0125, images: 4, tiles: 91, simulated: 71 },
    ...{ glitches: { factor: 2.5, low: 2.25, high: 2.75 }, maxMhz: 123.5, clockMhz: 500, technology: 'L' },
  },
};
export const POINT = {
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
export const STUDY = {
  ...{ family: 'F', recipe: 'R', target: 'T', images: 3, accuracy: 0.125, floatAccuracy: 0.25, sqnrFloatDb: 21.75 },
  ...{ sqnrExactDb: 31.25, cycles: 99, energyPj: 1_999_999, extrapolated: true, modelKilobytes: 12.34 },
  ...{ stepCycles: 123, stepEnergyPj: 7_600_000, pareto: false, gatesError: 0.03125 },
};
export const ACCUMULATION = {
  ...{ datapath: 'D', length: 5, exact: 1.123456789, got: -1.2, relativeError: -0.0123456, errorUlp: 7.12345 },
  ...{ swamped: 2, overflowed: 3 },
};
export const STEP = {
  ...{ step: 1, epoch: 2, loss: 0.123456789, accuracy: 0.5, lossScale: 1024, skipped: true, underflow: 0.0125 },
  ...{ overflow: 0.005, macs: 8, macsBeside: 9, cycles: 10, energyPj: 11.5 },
};
export const EPOCH = {
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
export const PRODUCT = {
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
export const PART = {
  action: { kind: 'write', level: 'sram', kilobytes: 8 },
  count: 2.5,
  energyPj: 25,
  entry: { pj: 10, source: 'S', node: '45 nm', voltage: 0.9, extrapolated: false },
};
export const QUANTIZED = {
  ...{ network: 'N', recipe: 'R', calibrationImages: 4, images: 5, before: 0.98766, after: 0.5 },
  ...{ float: { sqnrDb: 30.25, cosine: 0.5, largestDifference: 2, agreement: 0.75 }, leftReal: [] },
};
