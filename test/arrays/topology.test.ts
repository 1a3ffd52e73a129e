import { expect, it } from 'vitest';
import { jobOf, parseTopology } from '../../src/arrays/topology.js';

const CONV = 'Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,';
const jobsOf = (text: string) => parseTopology(text, 'net.csv').map(jobOf);

it("reads both of SCALE-Sim's forms, with its commas, blank lines and byte order mark", () => {
  expect(jobsOf('Layer,M,N,K,\nL0,196,192,384,\n\nL1,196,1176,64\n')).toEqual([
    { layer: 'L0', m: 196, n: 192, k: 384 },
    { layer: 'L1', m: 196, n: 1176, k: 64 },
  ]);
  expect(jobsOf(`\uFEFF${CONV}\r\nConv1,224,224,7,7,3,64,2,\r\n`)).toEqual([
    { layer: 'Conv1', m: 109 * 109, n: 64, k: 147, inputs: 224 * 224 * 3 },
  ]);
});

it('passes over comments, rows of commas, and notes beyond a column without a header; tabs are commas too', () => {
  const jobs = [{ layer: 'c#1', m: 36, n: 4, k: 18, inputs: 128 }];
  expect(jobsOf(`${CONV},,Eh,Ew\n,,,,,,,,,,\nc#1,8,8,3,3,2,4,1,,,6,six\n`)).toEqual(jobs);
  expect(jobsOf(`# mine\n${CONV}\nc#1,8,8,3,3,2,4,1,#dw\n`)).toEqual(jobs);
  expect(jobsOf(`${CONV}\nc#1,8,8,3,3,2,4,1,\n`.replaceAll(',', '\t '))).toEqual(jobs);
});

it('counts outputs as a convolution has them: 32, 5, stride 2 gives 14', () => {
  expect(jobsOf(`${CONV}\nc,32,32,5,5,1,1,2,`)[0].m).toBe(14 * 14);
});

it('takes padding, two strides, groups and a batch from columns with those names', () => {
  const header = 'Layer,H,W,R,S,C,K,Stride height,Stride width,pad_h,pad_w,Groups,Batch Size,';
  expect(jobsOf(`${header}\ndw,10,12,3,3,8,16,2,1,1,0,8,5,`)).toEqual([
    { layer: 'dw', m: 5 * 5 * 10, n: 2, k: 9, inputs: 5 * 10 * 12, groups: 8 },
  ]);
});

it.each([
  ['', /^net\.csv: is empty; /],
  [CONV, /^net\.csv: has a header line and no layers$/],
  [`${CONV}\nc,32,32,5,5,1,1,`, /^net\.csv:2: has 7 cells; a layer is name, height, /],
  [`${CONV}\nc,32,32,5,5,1,x,1,`, /^net\.csv:2: filters is "x"; it must be a whole number of at least 1$/],
  [`${CONV}\n\nc,4,4,5,5,1,1,1,`, /^net\.csv:3: a filter of 5x5 is larger than the padded input$/],
  [`${CONV} Sparsity,\nc,8,8,3,3,1,1,1,2:4,`, /^net\.csv:2: N:M sparsity 2:4 is not modelled; leave the column out/],
  [`${CONV} groop,\nc,8,8,3,3,1,1,1,2,`, /^net\.csv:1: column "groop" is unknown; .*did you mean "groups"\?$/],
  [`${CONV}\nc,8,8,3,3,1,1,1,2,`, /^net\.csv:2: has 9 cells and the header 8; name the further columns in the header$/],
  [
    `${CONV},Eh,\nc,8,8,3,3,1,1,1,2,6,`,
    /^net\.csv:2: column 9 holds "2" and has no header; name it, or leave it empty$/,
  ],
  [`${CONV} groups,\nc,8,8,3,3,3,4,1,2,`, /^net\.csv:2: 2 groups do not divide 3 channels and 4 filters$/],
])('says what is wrong with %j', (text, message) => {
  expect(() => parseTopology(text, 'net.csv')).toThrow(message);
});

it('allows a sparsity column that is dense', () => {
  expect(jobsOf(`Layer,M,N,K,Sparsity,\nL,3,5,16,4:4,`)).toEqual([{ layer: 'L', m: 3, n: 5, k: 16 }]);
});
