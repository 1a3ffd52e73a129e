import { expect, it } from 'vitest';
import { jobOf, parseTopology } from '../../src/arrays/topology.js';
import { TITLES } from '../../src/arrays/topologyColumns.js';

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

it('a header of numbers alone is a layer; one of which some are numbers has unknown columns', () => {
  expect(() => jobsOf('L0,196,192,384\nL1,1,2,3\n')).toThrow(/is a layer where the header should be/);
  expect(() => jobsOf('Layer,M,192,K\nL1,1,2,3\n')).toThrow(/^(?!.*is a layer where).*192/);
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
  [
    `${CONV}\nc,32,32,5,5,1,1,`,
    /^net\.csv:2: has 7 cells and nothing for "Strides"; a layer is "Layer name", "IFMAP Height", /,
  ],
  [
    `${CONV}\nc,32,32,5,5,1,x,1,`,
    /^net\.csv:2: "Num Filter" is "x"; it must be a whole number of at least 1, in digits$/,
  ],
  [`${CONV}\n\nc,4,4,5,5,1,1,1,`, /^net\.csv:3: a filter of 5x5 is larger than the padded input$/],
  [`${CONV} Sparsity,\nc,8,8,3,3,1,1,1,2:4,`, /^net\.csv:2: N:M sparsity 2:4 is not modelled; leave the column out/],
  [`${CONV} groop,\nc,8,8,3,3,1,1,1,2,`, /^net\.csv:1: column "groop" is unknown; .*did you mean "groups"\?$/],
  [`${CONV}\nc,8,8,3,3,1,1,1,2,`, /^net\.csv:2: has 9 cells and the header 8; name the further columns in the header$/],
  [
    `${CONV},Eh,\nc,8,8,3,3,1,1,1,2,6,`,
    /^net\.csv:2: column 9 holds "2" and has no header; name it, or leave it empty$/,
  ],
  [`${CONV} groups,\nc,8,8,3,3,3,4,1,2,`, /^net\.csv:2: 2 groups do not divide 3 channels and 4 filters$/],
  [`${CONV}\nc,8,8,3,3,1,1e9,1,`, /^net\.csv:2: "Num Filter" is "1e9"; it must be .*, in digits$/],
  [
    `${CONV}\nc,8,8,3,3,1,99999999999999999,1,`,
    /"99999999999999999"; it must be .* at most 9007199254740991, in digits$/,
  ],
  [`${CONV}\nc,8,8,3,3,,4,1,`, /^net\.csv:2: has 8 cells and nothing for "Channels"; /],
  [
    `${CONV} stride_h,\nc,8,8,3,3,1,1,1,2,`,
    /^net\.csv:1: columns "Strides" and "stride_h" both give stride height; keep one$/,
  ],
  [
    'Layer, M, N, K, Channels,\ng,1,2,3,4',
    /^net\.csv:1: column "Channels" is one of a convolution, and M, N are of a product; /,
  ],
  ['Layer, M, N, Padding, K\ng,1,2,3,4', /^net\.csv:1: column "Padding" is one of a convolution/],
  ['Layer, M, N,\ng,1,2', /^net\.csv:1: has no column for k; the columns are layer name, M, N, K, batch and sparsity$/],
  ['Layer, IFMAP Height, Channels\ng,1,2', /^net\.csv:1: has no column for width; the columns are layer name, IFMAP h/],
  ['Layer, Foo, Bar, Baz\ng,1,2,3', /^net\.csv:1: column "Foo" is unknown; the columns are /],
  ['g,1,2,3\nh,4,5,6', /^net\.csv:1: is a layer where the header should be; /],
  [',,,\ng,1,2', /^net\.csv:1: has no titles, and the first layer 3 cells; /],
  ['Layer,M,N,K\n"g,1,2,3', /^net\.csv:2: a quote is not closed, or text follows a closing one: "g,1,2,3$/],
])('says what is wrong with %j', (text, message) => {
  expect(() => parseTopology(text, 'net.csv')).toThrow(message);
});

it('allows a sparsity column that is dense', () => {
  expect(jobsOf(`Layer,M,N,K,Sparsity,\nL,3,5,16,4:4,`)).toEqual([{ layer: 'L', m: 3, n: 5, k: 16 }]);
});

it('tells columns by their titles, whatever their order, case and spacing', () => {
  expect(jobsOf('Layer, M, K, N,\ng, 8, 100, 3,')).toEqual([{ layer: 'g', m: 8, n: 3, k: 100 }]);
  const header = ' strides , NUM FILTERS, channel,Filter_Width,filter height,ifmap  width,IFMAP Height,Layer Name';
  expect(jobsOf(`${header}\n2,64,3,5,7,100,224,c1`)).toEqual([
    { layer: 'c1', m: 109 * 48, n: 64, k: 105, inputs: 224 * 100 * 3 },
  ]);
});

/** Headers as they stand in SCALE-Sim v2's topologies and Scale-Sim's GEMM ones, with the layers below them. */
it.each([
  ['Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides, ', 1],
  ['Layer, IFMAP Width, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,', 1],
  ['\uFEFFLayer name,Ifmap height,ifmap width,filter height,filter width,channel,num filters,strides,', 1],
  ['Layer name,Ifmap height,ifmap width,filter height,filter width,channels,num filters,strides,batch size,', 4],
  ['Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,,,Eh,Ew,e2', 1],
])('reads %j', (header, batch) => {
  const line = `Conv1,224,100,7,5,3,64,2,${batch > 1 ? `${batch},` : ''}`;
  expect(jobsOf(`${header}\n${line}\n`)).toEqual([
    { layer: 'Conv1', m: batch * 109 * 48, n: 64, k: 105, inputs: batch * 224 * 100 * 3 },
  ]);
});

it("takes SCALE-Sim's own order where the header has no titles", () => {
  const conv = [{ layer: 'c', m: 109 * 48, n: 64, k: 105, inputs: 224 * 100 * 3 }];
  for (const header of [',,,,,,,', 'my net', 'my net,,,,,,,,']) {
    expect(jobsOf(`${header}\nc,224,100,7,5,3,64,2,`)).toEqual(conv);
    expect(jobsOf(`${header}\nc,224,100,7,5,3,64,2,2`)).toEqual(conv);
    expect(jobsOf(`${header}\ng,8,3,100,`)).toEqual([{ layer: 'g', m: 8, n: 3, k: 100 }]);
  }
});

it('reads quoted cells, with commas, quotes and number signs in them', () => {
  expect(jobsOf('"Layer", "M","N" ,K\n"#1, ""b""",8, "3" ,"100", # note')).toEqual([
    { layer: '#1, "b"', m: 8, n: 3, k: 100 },
  ]);
  expect(jobsOf('Layer\tM\tN\tK\n"a, b"\t8\t3\t100')).toEqual([{ layer: 'a, b', m: 8, n: 3, k: 100 }]);
});

it('multiplies the rows of a product by its batch', () => {
  expect(jobsOf('Layer,M,N,K,Batch\ng,8,3,100,5\nh,8,3,100,')).toEqual([
    { layer: 'g', m: 40, n: 3, k: 100 },
    { layer: 'h', m: 8, n: 3, k: 100 },
  ]);
});

/** A convolution whose every number makes a difference, and a product. */
const SAMPLE: Readonly<Record<'gemm' | 'conv', Readonly<Record<string, number>>>> = {
  gemm: { m: 8, n: 4, k: 100, batch: 3 },
  conv: {
    ...{ height: 31, width: 29, filterHeight: 3, filterWidth: 5, channels: 8, filters: 12, batch: 3, groups: 2 },
    ...{ strideHeight: 2, strideWidth: 2, padHeight: 1, padWidth: 1 },
  },
};

it.each(
  (['gemm', 'conv'] as const).flatMap((kind) =>
    Object.entries(TITLES[kind]).map(([title, sets]) => ({ kind, title, sets })),
  ),
)('a column $title of a $kind is read: another number there gives another layer', ({ kind, title, sets }) => {
  const numbers: Record<string, string> = {};
  for (const [field, value] of Object.entries(SAMPLE[kind])) if (!sets.includes(field)) numbers[field] = `${value}`;
  const titleOf = (field: string) => field.toLowerCase().replace('filters', 'numfilters');
  const fileWith = (cell: string) => {
    const entries = Object.entries({ layer: 'L', ...numbers }).filter(
      ([field]) => field !== 'layer' || sets[0] !== 'name',
    );
    return [
      [...entries.map(([field]) => titleOf(field)), title].join(),
      [...entries.map(([, value]) => value), cell].join(),
    ].join('\n');
  };
  if (sets[0] === 'sparsity') {
    expect(jobsOf(fileWith('4:4'))).toHaveLength(1);
    expect(() => jobsOf(fileWith('2:4'))).toThrow('net.csv:2: N:M sparsity 2:4 is not modelled');
    return;
  }
  const [one, two] = sets[0] === 'name' ? ['x', 'y'] : [`${SAMPLE[kind][sets[0]]}`, `${2 * SAMPLE[kind][sets[0]]}`];
  expect(jobsOf(fileWith(one))).toHaveLength(1);
  expect(jobsOf(fileWith(two))).not.toEqual(jobsOf(fileWith(one)));
});

/** What a topology gives, or what is wrong with it. */
function outcomeOf(text: string): unknown {
  try {
    return jobsOf(text);
  } catch (error) {
    return (error as Error).message;
  }
}

it('the table ends at the first column without a title, wherever that is', () => {
  const titles = CONV.split(',').map((title) => title.trim());
  const cells = ['c', '8', '8', '3', '3', '2', '4', '1'];
  for (let width = 2; width <= cells.length; width++) {
    const cut = [titles, cells].map((row) => row.slice(0, width).join(','));
    const noted = [`${cut[0]},,Eh,Ew`, `${cut[1]},,6,six`];
    expect(outcomeOf(noted.join('\n')), `${width}`).toEqual(outcomeOf(cut.join('\n')));
  }
  // Without titles beyond the first column, and with notes, nothing is left of a layer but its name.
  expect(outcomeOf('Layer,,Eh,Ew\nc,,6,six')).toBe(
    'net.csv:2: has 1 cells and nothing for m; a layer is name, m, n, k',
  );
});
