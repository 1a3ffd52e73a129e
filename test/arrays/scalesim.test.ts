import { expect, it } from 'vitest';
import { type DataflowName } from '../../src/arrays/dataflow.js';
import { scaleSimCounts } from '../../src/arrays/scalesim.js';
import { parseTopology } from '../../src/arrays/topology.js';

/**
 * Reports of SCALE-Sim v3 itself (commit fab89b7, Python 3.11) on random layers: name, total cycles, overall util,
 * mapping efficiency, compute util, SRAM ifmap reads, filter reads, ofmap writes of the last layer that the line gives.
 */
type Report = [string, number, number, number, number, number, number, number];
const REPORTS: [string, number, number, DataflowName, Report][] = [
  ['Conv,2,9,1,3,5,1,3,', 3, 2, 'ws', ['Conv', 59, 25.423728813559322, 50.0, 23.076923076923077, 90, 15, 30]],
  ['L,3,18,14,', 1, 4, 'ws', ['L', 489, 38.65030674846626, 90.0, 26.999999999999996, 210, 252, 756]],
  ['L,8,21,21,', 1, 16, 'is', ['L', 776, 28.414948453608247, 50.0, 20.192307692307697, 168, 441, 3528]],
  ['Conv,1,4,1,2,3,7,1,', 5, 1, 'is', ['Conv', 95, 26.526315789473685, 60.00000000000001, 26.25, 18, 126, 42]],
  ['Conv,3,2,3,1,3,2,3,', 5, 3, 'is', ['Conv', 25, 9.6, 60.0, 8.0, 18, 18, 8]],
  ['L,22,18,14,', 5, 1, 'is', ['L', 1781, 62.25715889949467, 93.33333333333329, 62.222222222222214, 308, 5544, 1188]],
  [
    'DPx,8,6,3,2,2,12,1,',
    16,
    3,
    'ws',
    ['DPxChannel_1', 251, 17.92828685258964, 37.5, 17.307692307692307, 720, 72, 360],
  ],
  [
    'Conv,12,8,3,5,1,2,3,',
    3,
    7,
    'ws',
    ['Conv', 94, 12.158054711246201, 28.57142857142857, 9.142857142857142, 120, 30, 80],
  ],
  ['Conv,7,1,1,1,3,12,2,', 16, 3, 'os', ['Conv', 79, 3.7974683544303796, 25.0, 3.75, 48, 36, 124]],
  ['L,3,9,16,', 5, 16, 'ws', ['L', 107, 5.046728971962617, 45.0, 3.214285714285715, 48, 144, 108]],
  ['L,23,10,21,', 8, 8, 'os', ['L', 209, 36.10944976076555, 59.895833333333336, 35.9375, 966, 630, 326]],
  ['L,13,22,12,', 5, 8, 'ws', ['L', 260, 33.0, 73.33333333333334, 26.481481481481485, 468, 264, 858]],
  ['L,4,16,2,', 1, 4, 'ws', ['L', 63, 50.79365079365079, 100.0, 36.36363636363637, 32, 32, 128]],
  ['L,13,18,9,', 16, 4, 'os', ['L', 134, 24.556902985074625, 73.125, 24.375, 585, 162, 334]],
  ['L,16,19,6,', 2, 2, 'is', ['L', 551, 82.75862068965517, 100.0, 79.16666666666666, 96, 912, 912]],
  ['L,18,12,20,', 3, 3, 'os', ['L', 575, 83.47826086956522, 100.0, 83.33333333333334, 1440, 1440, 360]],
  [
    'Conv,9,10,1,4,5,7,2,',
    5,
    3,
    'os',
    ['Conv', 311, 60.02143622722401, 77.7777777777778, 59.82905982905983, 1200, 560, 236],
  ],
  ['Conv,4,2,2,2,2,2,2,', 1, 4, 'is', ['Conv', 47, 17.02127659574468, 50.0, 11.111111111111112, 16, 16, 32]],
  ['L,4,12,20,', 1, 1, 'is', ['L', 1039, 92.39653512993263, 100.0, 92.30769230769214, 80, 960, 960]],
  ['Conv,5,2,2,1,3,12,2,', 16, 4, 'ws', ['Conv', 119, 5.6722689075630255, 37.5, 5.232558139534884, 108, 72, 72]],
  [
    'Conv,5,11,1,3,5,6,1,',
    8,
    7,
    'os',
    ['Conv', 167, 43.306244653550046, 80.35714285714285, 43.048469387755105, 675, 540, 360],
  ],
  [
    'Conv,6,11,2,5,2,4,2,',
    2,
    7,
    'is',
    ['Conv', 259, 26.475455046883617, 85.7142857142857, 18.045112781954895, 240, 160, 480],
  ],
  ['Conv,6,2,4,2,4,12,1,', 4, 2, 'ws', ['Conv', 527, 27.32447817836812, 100.0, 25.0, 576, 384, 288]],
  ['L,15,21,5,', 2, 2, 'os', ['L', 615, 64.02439024390245, 89.48863636363636, 63.920454545454554, 825, 840, 667]],
  ['Conv,3,7,1,2,1,5,1,', 8, 8, 'os', ['Conv', 47, 5.98404255319149, 46.875, 5.859375, 36, 30, 138]],
  ['DPx,9,7,3,4,2,6,2,', 16, 2, 'os', ['DPxChannel_1', 83, 32.53012048192771, 75.0, 32.142857142857146, 432, 72, 126]],
  ['DPx,8,5,4,2,2,2,3,', 1, 16, 'is', ['DPxChannel_1', 143, 4.195804195804196, 37.5, 2.272727272727273, 48, 16, 96]],
  ['DPx,8,7,2,5,2,4,1,', 5, 2, 'ws', ['DPxChannel_1', 123, 68.29268292682927, 100.0, 65.625, 420, 40, 168]],
  ['DPx,2,11,2,2,1,6,2,', 3, 16, 'is', ['DPxChannel_0', 51, 5.882352941176471, 25.0, 3.6585365853658534, 24, 24, 72]],
  ['DPx,2,7,2,4,2,3,1,', 1, 4, 'os', ['DPxChannel_1', 43, 55.81395348837209, 75.0, 54.54545454545454, 32, 96, 32]],
  [
    'DPx,10,9,2,3,3,1,1,',
    5,
    4,
    'os',
    ['DPxChannel_2', 168, 11.25, 24.23076923076923, 11.183431952662723, 378, 78, 180],
  ],
  [
    'DPx,3,8,1,5,1,1,1,',
    4,
    7,
    'ws',
    ['DPxChannel_0', 49, 4.373177842565598, 8.928571428571427, 3.4562211981566824, 60, 5, 24],
  ],
  [
    'DPx,10,9,4,2,2,1,1,',
    3,
    7,
    'is',
    ['DPxChannel_1', 287, 7.4332171893147505, 88.8888888888889, 4.938271604938271, 448, 64, 168],
  ],
  ['DPx,11,7,5,3,3,11,1,', 8, 1, 'ws', ['DPxChannel_2', 1099, 65.68471337579618, 93.75, 65.625, 5775, 165, 770]],
  ['DPx,10,6,1,3,3,7,2,', 5, 16, 'os', ['DPxChannel_2', 87, 5.431034482758621, 39.375, 5.369318181818182, 54, 84, 210]],
  ['DPx,3,5,1,3,2,3,2,', 4, 16, 'is', ['DPxChannel_1', 24, 2.34375, 18.75, 1.40625, 12, 9, 12]],
];

it(`gives SCALE-Sim's own numbers, to the last bit, on ${REPORTS.length} of its runs`, () => {
  for (const [line, rows, cols, dataflow, report] of REPORTS) {
    const header = line.startsWith('L,')
      ? 'Layer,M,N,K,'
      : 'Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,';
    const counts = scaleSimCounts(parseTopology(`${header}\n${line}\n`, 'x.csv'), { rows, cols, dataflow });
    expect(Object.values(counts[counts.length - 1])).toEqual(report);
  }
});

it('refuses what SCALE-Sim does not have', () => {
  const padded = parseTopology('Layer,H,W,R,S,C,K,Strides,padding\nc1,8,8,3,3,4,8,1,1\n', 'x.csv');
  expect(() => scaleSimCounts(padded, { rows: 4, cols: 4, dataflow: 'os' })).toThrow(
    /^layer c1: SCALE-Sim has no padding; count it without its compatibility mode$/,
  );
});

it('reports as many channels of a depthwise layer as any has, and no more', () => {
  const layer = (channels: number) => ({ name: 'DPx', shape: { ...SHAPE, channels } });
  const [one] = parseTopology('Layer,H,W,R,S,C,K,Strides\nDPx,3,3,1,1,2,1,1\n', 'x.csv');
  const SHAPE = one.shape as Extract<typeof one.shape, { kind: 'conv' }>;
  const counted = (channels: number) =>
    scaleSimCounts([{ ...one, ...layer(channels) }], { rows: 1, cols: 1, dataflow: 'os' });
  expect(counted(3)).toHaveLength(3);
  expect(() => counted(2 ** 20 + 1)).toThrow(
    /^layer DPx: SCALE-Sim reports each channel .* 1048577 are more than 1048576$/,
  );
});

it('counts more than 2^53 - 1 of nothing, products among them', () => {
  const array = { rows: 2 ** 17, cols: 2 ** 17, dataflow: 'os' } as const;
  const counted = (k: number) => () =>
    scaleSimCounts(parseTopology(`L,M,N,K,\nfull,${2 ** 18},${2 ** 18},${k},\n`, 'x.csv'), array);
  expect(counted(2 ** 17 - 1)()).toHaveLength(1);
  // 2^53 products; reads and cycles are far fewer.
  expect(counted(2 ** 17)).toThrow(
    /^layer full: macs would be about 9\.01e\+15, and counts are exact up to 9007199254740991 /,
  );
});
