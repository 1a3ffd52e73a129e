import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runMesh } from '../../src/arrays/clocked.js';
import { type DataflowName, macArray } from '../../src/arrays/dataflow.js';
import { SEQUENTIAL } from '../../src/datapaths/order.js';
import { hashUnit } from '../arrays/direct.js';
import { folderWith, lastbit, linesOf } from './command.js';

const HEADER = 'Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,';
/** Its layers' shapes (He et al., CVPR 2016), without padding as SCALE-Sim has them. */
const RESNET18 = `Conv1,224,224,7,7,3,64,2,
Conv2_1a,56,56,3,3,64,64,1,
Conv2_1b,56,56,3,3,64,64,1,
Conv2_2a,56,56,3,3,64,64,1,
Conv2_2b,56,56,3,3,64,64,1,
Conv3_1a,56,56,3,3,64,128,2,
Conv3_1b,28,28,3,3,128,128,1,
Conv3_s,56,56,1,1,64,128,2,
Conv3_2a,28,28,3,3,128,128,1,
Conv3_2b,28,28,3,3,128,128,1,
Conv4_1a,28,28,3,3,128,256,2,
Conv4_1b,14,14,3,3,256,256,1,
Conv4_s,28,28,1,1,128,256,2,
Conv4_2a,14,14,3,3,256,256,1,
Conv4_2b,14,14,3,3,256,256,1,
Conv5_1a,14,14,3,3,256,512,2,
Conv5_1b,7,7,3,3,512,512,1,
Conv5_s,14,14,1,1,256,512,2,
Conv5_2a,7,7,3,3,512,512,1,
Conv5_2b,7,7,3,3,512,512,1,
FC,1,1,1,1,512,1000,1,
`;

const cycles = (folder: string, args: string) => lastbit(folder, ['cycles', ...args.split(' ')]);
const layersOf = (stdout: string) => JSON.parse(stdout).layers as Record<string, number>[];

it.each(['os', 'ws', 'is'] as const)('%s: the stepped array counts the same', (dataflow: DataflowName) => {
  const folder = folderWith({ 'net.csv': 'Layer,M,N,K\nfirst,5,7,9\nsecond,3,2,11\n' });
  const { stdout, stderr } = cycles(folder, `net.csv --rows 3 --cols 4 --dataflow ${dataflow} --json`);
  expect(stderr).toBe('');
  const shapes = [
    { layer: 'first', m: 5, n: 7, k: 9 },
    { layer: 'second', m: 3, n: 2, k: 11 },
  ];
  const stepped = shapes.map((job) => {
    const array = macArray({ rows: 3, cols: 4, dataflow });
    const [a, b] = [new Uint8Array(job.m * job.k), new Uint8Array(job.k * job.n)];
    return runMesh({ product: { job, a, b }, array, order: SEQUENTIAL, unit: hashUnit(1) });
  });
  const layers = layersOf(stdout);
  expect(layers.map(({ name }) => name)).toEqual(['first', 'second']);
  layers.forEach((layer, i) => {
    const { cycles: items, counts } = stepped[i];
    expect(layer).toMatchObject({
      totalCycles: items.total,
      loadCycles: items.load,
      fillCycles: items.fill,
      streamCycles: items.stream,
      drainCycles: items.drain,
      stallCycles: items.stall,
      macs: counts.macs,
      aReads: counts.aReads,
      bReads: counts.bReads,
      sumReads: counts.sumReads,
      sumWrites: counts.sumWrites,
    });
  });
  const { total } = JSON.parse(stdout);
  expect(total.totalCycles).toBe(stepped[0].cycles.total + stepped[1].cycles.total);
  const utilization = (100 * (315 + 66)) / (total.totalCycles * 12);
  expect(total.utilizationPercent).toBe(Number(utilization.toPrecision(6)));
});

it('ResNet-18, with a file as output', () => {
  const folder = folderWith({ 'net.csv': `${HEADER}\n${RESNET18}` });
  const result = cycles(folder, 'net.csv --rows 32 --cols 32 --dataflow ws --out own.csv');
  expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
  const lines = linesOf(folder, 'own.csv');
  expect(lines).toHaveLength(22);
  expect(lines[1]).toMatch(/^Conv1,119760,11881,64,147,1,/);
  cycles(folder, 'net.csv --rows 32 --cols 32 --dataflow ws --json --out own.json');
  expect(layersOf(readFileSync(join(folder, 'own.json'), 'utf8'))).toHaveLength(21);
});

/**
 * What SCALE-Sim v3 (commit fab89b7) prints of its own ResNet-18 on 128 x 128 PEs, layer by layer up to Conv5_2a: compute
 * cycles, overall utilization and mapping efficiency in percent.
 */
const PRINTED: Readonly<Record<'os' | 'ws', [number, string, string][]>> = {
  os: [
    [38094, '18.24', '49.75'],
    [19089, '34.37', '49.52'],
    [19089, '34.37', '49.52'],
    [19089, '34.37', '49.52'],
    [19089, '34.37', '49.52'],
    [5809, '60.73', '87.50'],
    [8435, '72.13', '88.02'],
    [2225, '18.90', '93.86'],
    [8435, '72.13', '88.02'],
    [8435, '72.13', '88.02'],
    [5623, '62.74', '76.56'],
    [10231, '50.67', '56.25'],
    [1527, '29.47', '87.89'],
    [10231, '50.67', '56.25'],
    [10231, '50.67', '56.25'],
    [10231, '34.48', '38.28'],
    [19447, '18.51', '19.53'],
    [2039, '25.11', '50.00'],
    [19447, '18.51', '19.53'],
  ],
  ws: [
    [24963, '27.83', '28.71'],
    [16489, '39.79', '45.00'],
    [16489, '39.79', '45.00'],
    [16489, '39.79', '45.00'],
    [16489, '39.79', '45.00'],
    [5829, '60.52', '90.00'],
    [9521, '63.90', '100.00'],
    [1222, '34.41', '50.00'],
    [9521, '63.90', '100.00'],
    [9521, '63.90', '100.00'],
    [10403, '33.91', '100.00'],
    [18935, '27.38', '100.00'],
    [1213, '37.10', '100.00'],
    [18935, '27.38', '100.00'],
    [18935, '27.38', '100.00'],
    [31031, '11.37', '100.00'],
    [58607, '6.14', '100.00'],
    [3567, '14.35', '100.00'],
    [58607, '6.14', '100.00'],
  ],
};

it.each(['os', 'ws'] as const)("%s: SCALE-Sim's own numbers for ResNet-18 in compatibility", (dataflow) => {
  const folder = folderWith({ 'net.csv': `${HEADER}\n${RESNET18}` });
  const { stdout } = cycles(folder, `net.csv --rows 128 --cols 128 --dataflow ${dataflow} --compat scalesim --json`);
  const layers = layersOf(stdout);
  expect(layers).toHaveLength(21);
  const found = layers.map(({ totalCycles, overallUtil, mappingEfficiency }) => [
    totalCycles,
    overallUtil.toFixed(2),
    mappingEfficiency.toFixed(2),
  ]);
  expect(found.slice(0, 19)).toEqual(PRINTED[dataflow]);
  expect(JSON.parse(stdout).total.totalCycles).toBe(layers.reduce((sum, layer) => sum + layer.totalCycles, 0));
});

it('refuses N:M sparsity, and other words than it knows', () => {
  const folder = folderWith({ 'sparse.csv': 'Layer,M,N,K,Sparsity\nx,4,4,4,2:4\n' });
  const result = cycles(folder, 'sparse.csv --rows 4 --cols 4 --dataflow os');
  expect(result).toEqual({
    status: 2,
    stdout: '',
    stderr:
      'lastbit: sparse.csv:2: N:M sparsity 2:4 is not modelled; leave the column out, or write 1:1, to count the dense layer\n',
  });
  expect(cycles(folder, 'sparse.csv --rows 0 --cols 4 --dataflow os').stderr).toBe(
    'lastbit: --rows must be a whole number of at least 1, found 0\n',
  );
  expect(cycles(folder, 'none.csv --rows 1 --cols 4 --dataflow os').stderr).toBe(
    'lastbit: cannot read none.csv: there is no such file or folder\n',
  );
});
