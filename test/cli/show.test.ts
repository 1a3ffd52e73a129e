import { expect, it } from 'vitest';
import { linesOfNetwork } from '../../src/cli/showNetwork.js';
import type { Network } from '../../src/networks/network.js';
import { floatTensor } from '../../src/networks/tensor.js';
import { answered } from './answered.js';
import { folderWith } from './command.js';

it('list and show speak JSON', () => {
  const folder = folderWith();
  const formats = JSON.parse(answered(folder, ['list', 'formats', '--json']).stdout).rows as {
    name: string;
    largest: number;
  }[];
  expect(formats.find(({ name }) => name === 'e4m3fn')?.largest).toBe(448);
  const { format } = JSON.parse(answered(folder, ['show', 'e4m3', '--json']).stdout);
  expect(format.codes).toHaveLength(256);
  expect(format.codes[0x77]).toEqual({ code: '0x77', value: '240', name: 'largest' });
  expect(format.range).toEqual({ largest: '240', lowest: '-240', smallest: 0.001953125 });
  const { datapath } = JSON.parse(answered(folder, ['show', 'radix4', '--json']).stdout);
  expect(datapath.sum.format).toBe('int24q6');
  expect(datapath.kernel.route).toBe('simd int');
});

it('shows codes and values, landmarks of wide formats, and a datapath as its file', () => {
  const folder = folderWith();
  expect(answered(folder, ['show', 'e2m1fn']).stdout).toContain('0x7   6      largest');
  expect(answered(folder, ['show', 'fp16']).stdout).toMatch(/0x7bff {2}65504 +largest\n/);
  expect(answered(folder, ['show', 'ternary']).stdout).toContain('0x2   not used');
  expect(answered(folder, ['show', 'fp8-fp16']).stdout).toContain('a: e4m3fn\nb: e4m3fn\nsum:\n  format: fp16\n');
});

it('says of a datapath file which way it is computed, and why', () => {
  const text = 'name: own\na: e4m3fn\nb: e4m3fn\nsum: {format: int24q4, rounding: rtz, overflow: saturate}\n';
  const { stdout } = answered(folderWith({ 'own.yaml': text }), ['show', 'own.yaml']);
  expect(stdout).toMatch(/\n# kernel: simd f64 \(.*in f64 lanes; rtz by all rules\)\n/);
});

it('a name may be two things, and both are shown', () => {
  const { stdout } = answered(folderWith(), ['show', 'int8']);
  expect(stdout).toContain('# datapath int8: 8 x 8 bits to int32');
  expect(stdout).toContain('format int8, 8 bits');
});

it('a target is shown with the source of every field', () => {
  const folder = folderWith();
  const { stdout, status } = answered(folder, ['show', 'xnor']);
  expect(status).toBe(0);
  for (const field of ['array', 'datapath', 'memories', 'clockMhz', 'energy'])
    expect(stdout).toMatch(new RegExp(`^ {2}${field}: .+\n {4}source: .+$`, 'm'));
  expect(JSON.parse(answered(folder, ['show', 'xnor', '--json']).stdout).target.array).toMatchObject({
    rows: 16,
    cols: 16,
  });
  expect(
    JSON.parse(answered(folder, ['list', 'targets', '--json']).stdout).rows.map(({ name }: { name: string }) => name),
  ).toContain('xnor');
});

it("a target of the user's own is shown from its file, its memories with their sizes and bandwidths", () => {
  const folder = folderWith();
  answered(folder, ['init', 'target']);
  const { stdout, status } = answered(folder, ['show', 'target.yaml']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^target my-target\n {2}array: 32 x 32 ws, /);
  expect(stdout).toContain(
    '  memories: a 64 KB, b 256 KB, sum 64 KB, dram 256 bits a cycle\n    source: given in target.yaml\n',
  );
  expect(Object.keys(JSON.parse(answered(folder, ['show', 'target.yaml', '--json']).stdout))).toEqual([
    'schemaVersion',
    'target',
  ]);
});

it('a network is shown layer by layer, with the MACs of one image', () => {
  const weight = floatTensor([10, 784], new Float32Array(7840));
  const network: Network = {
    name: 'small',
    inputs: [{ name: 'image', shape: [1, 1, 28, 28] }],
    batch: 'free',
    outputs: ['fc'],
    layers: [
      { op: 'flatten', name: 'flat', inputs: ['image'], outputs: ['flat'] },
      { op: 'dense', name: 'fc', inputs: ['flat'], outputs: ['fc'], weight, result: { kind: 'float' } },
    ],
    metadata: {},
  };
  expect(linesOfNetwork(network)).toEqual([
    { layer: 'flat', op: 'flatten', input: '1x28x28 float', weight: '', output: '784 float', macs: undefined, open: 0 },
    {
      ...{ layer: 'fc', op: 'dense', input: '784 float', weight: '10x784 float', output: '10 float', macs: 7840 },
      ...{ needs: 'float', open: 0 },
    },
  ]);
});

it('says in words what overflows and infinities become, and where sources differ', () => {
  const show = (name: string) => answered(folderWith(), ['show', name]).stdout;
  expect(show('e5m2')).toContain(
    `    ieee, infinity: a finite value beyond the largest becomes infinity, an infinity stays
    saturate: a finite value beyond the largest and an infinity become the largest finite value
    saturate-propagate: a finite value beyond the largest becomes the largest finite value, an infinity stays
`,
  );
  expect(show('e8m0fnu')).toMatch(/disputed: ties: to the even code here and in IEEE P3109.*ml_dtypes and ONNX.*rna/);
  expect(show('fp8-fp16')).toContain(
    '# sum, overflow ieee: a finite value beyond the largest becomes infinity, an infinity stays\n',
  );
  expect(show('mi300x-bf16-fp32')).toMatch(/combine\.productOverflow: .*0x7f00 x 0xc100 \+ infinity.*\(disputed\)/);
});

it('a published unit is shown with its chips and how each field is known', () => {
  const { stdout } = answered(folderWith(), ['show', 'h100-e4m3fn-fp32']);
  expect(stdout).toContain('name: hopper-e4m3fn-fp32');
  expect(stdout).toContain('# chips: H100, H200');
  expect(stdout).toMatch(/# {3}combine\.zerosAlign: .*\(disputed\)/);
  expect(answered(folderWith(), ['show', 'arm-sdot']).stdout).toContain('(memory)');
});

it('block formats are listed and shown', () => {
  const folder = folderWith();
  expect(answered(folder, ['list', 'blocks']).stdout).toMatch(/nvfp4 +e2m1fn +16 +e4m3fn +nearest +fp32/);
  expect(answered(folder, ['show', 'mxint8']).stdout).toContain(
    'element: int8q6\nsize: 32\nscale: e8m0fnu\nrule: floor\n',
  );
});

it('methods of both kinds are shown: one that quantizes by its formats, one that trains by whose it is', () => {
  const show = (...args: string[]) => answered(folderWith(), ['show', ...args]);
  expect(show('int4-gptq').stdout).toMatch(/^# recipe int4-gptq\nname: int4-gptq\n.*\nresult: dequantize\nends:\n/);
  expect(show('lsq')).toMatchObject({
    status: 0,
    stderr: '',
    stdout: `# recipe lsq
name: lsq
description: "4-bit weights and activations with learned step sizes; gradient
  scale: the square root of features and levels, as in the paper"
result: dequantize
bits:
  weights: 4
  activations: 4
source: Esser et al., ICLR 2020
target: qat-int4
style: relu
rate: 0.05
scaling:
  kind: none
changesNetwork: false
`,
  });
  expect(JSON.parse(show('distill-half', '--json').stdout).recipe).toMatchObject({
    bits: { weights: 8, activations: 8 },
    distillation: { share: 0.5, temperature: 4 },
    changesNetwork: true,
  });
  expect(show('lqs').stderr).toBe('lastbit: there is nothing named "lqs"; did you mean "lsq"?\n');
});
