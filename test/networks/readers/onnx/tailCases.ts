import { encodeModel, type ProtoInit } from '../../../../src/networks/readers/onnx/proto.js';
import { elementType } from '../../../../src/networks/readers/onnx/element.js';
import { op, tensor } from './graphs.js';
import { random } from './samples.js';

/** Networks whose last part has shapes that the data of an image decide. */
export interface TailCase {
  name: string;
  bytes: Uint8Array;
  /** Of the input, one image. */
  shape: readonly number[];
  images: readonly Float32Array[];
  /** Of each output, as `show` tells it. */
  shapes: Readonly<Record<string, string>>;
  /** How many layers multiply on the array. */
  products: number;
}

type Nodes = ProtoInit<'NodeProto'>[];
type Stored = ProtoInit<'TensorProto'>[];

interface Spec {
  nodes: Nodes;
  initializers: Stored;
  shape: readonly number[];
  /** Names of the outputs with their ONNX types. */
  outputs: Readonly<Record<string, string>>;
  opset?: number;
}

/** Names that nodes read, and those in their branches. */
function readBy(nodes: Nodes): string[] {
  return nodes.flatMap(({ input = [], attribute = [] }) => [
    ...input,
    ...attribute.flatMap(({ g }) => readBy(g?.node ?? [])),
  ]);
}

export function tailModel({ nodes, initializers, shape, outputs, opset = 17 }: Spec): Uint8Array {
  const read = new Set(readBy(nodes));
  return encodeModel({
    irVersion: 8n,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      name: 'graph',
      node: nodes,
      initializer: initializers.filter(({ name = '' }) => read.has(name)),
      input: [
        {
          name: 'x',
          type: { tensorType: { elemType: 1, shape: { dim: shape.map((each) => ({ dimValue: BigInt(each) })) } } },
        },
      ],
      output: Object.entries(outputs).map(([name, type]) => ({
        name,
        type: { tensorType: { elemType: elementType(type).number } },
      })),
    },
  });
}

/** A node of several outputs, with a name of its own. */
export function many(type: string, inputs: string, outputs: string, attributes = {}): Nodes[number] {
  const [first] = outputs.split(' ');
  return { ...op(type, inputs, first, attributes), output: outputs.split(' '), name: `${first}_node` };
}

const int64 = (name: string, values: readonly number[], shape: readonly number[] = [values.length]) =>
  tensor(name, 'INT64', shape, values);
const real = (name: string, value: number) => tensor(name, 'FLOAT', [], [value]);

/** Sixteenths, so that sums of products are exact whatever their order. */
function sixteenths(seed: number, count: number, most: number): Float32Array {
  const draw = random(seed);
  return Float32Array.from({ length: count }, () => Math.round((draw() - 0.5) * 2 * most * 16) / 16);
}

const SHAPE = [1, 3, 6, 7];
const IMAGES = [1, 2, 3, 4, 5].map((seed) => sixteenths(seed, 126, 2));
/** No box of it is sure enough to be kept. */
const EMPTY = new Float32Array(126);

/**
 * The head of a detector: convolutions for 2 x 4 numbers of boxes and 2 x 3 scores at each place, side by side in
 * [1, 84, 4] and [1, 3, 84].
 */
function head(quantized: boolean): { nodes: Nodes; initializers: Stored } {
  const conv = (name: string, filters: number): Nodes =>
    quantized
      ? [
          op('DequantizeLinear', `w${name}q s8 z8`, `w${name}d`),
          op('Conv', `xd w${name}d`, `${name}c`, { pads: [1, 1, 1, 1] }),
          op('QuantizeLinear', `${name}c sy zy`, `${name}q`),
          op('DequantizeLinear', `${name}q sy zy`, `${name}0`),
        ]
      : [op('Conv', `x w${name} b${filters}`, `${name}0`, { pads: [1, 1, 1, 1] })];
  const weights = (filters: number, seed: number) => sixteenths(seed, filters * 27, 0.5);
  const nodes = [
    ...(quantized ? [op('QuantizeLinear', 'x sx zx', 'xq'), op('DequantizeLinear', 'xq sx zx', 'xd')] : []),
    ...[...conv('box', 8), ...conv('score', 6)],
    ...[op('Transpose', 'box0', 'box1', { perm: [0, 2, 3, 1] }), op('Reshape', 'box1 boxes4', 'box2')],
    ...[op('Transpose', 'score0', 'score1', { perm: [0, 2, 3, 1] }), op('Reshape', 'score1 scores3', 'score2')],
    ...[op('Concat', 'box2 anchors', 'boxes', { axis: 1 }), op('Transpose', 'score2', 'score3', { perm: [0, 2, 1] })],
    // As a sigmoid lies, of which ONNX Runtime has an approximation.
    ...[op('Mul', 'score3 eighth', 'line'), op('Add', 'line half', 'above')],
    ...[op('Max', 'above floor', 'low'), op('Min', 'low top', 'score4')],
    op('Concat', 'score4 priors', 'scores', { axis: 2 }),
  ];
  const initializers = [
    tensor('wbox', 'FLOAT', [8, 3, 3, 3], weights(8, 11)),
    tensor('wscore', 'FLOAT', [6, 3, 3, 3], weights(6, 12)),
    tensor(
      'wboxq',
      'INT8',
      [8, 3, 3, 3],
      weights(8, 11).map((value) => value * 16),
    ),
    tensor(
      'wscoreq',
      'INT8',
      [6, 3, 3, 3],
      weights(6, 12).map((value) => value * 16),
    ),
    ...[tensor('b8', 'FLOAT', [8], sixteenths(13, 8, 1)), tensor('b6', 'FLOAT', [6], sixteenths(14, 6, 1))],
    ...[real('s8', 0.0625), tensor('z8', 'INT8', [], [0]), real('sx', 0.0171), tensor('zx', 'UINT8', [], [125])],
    ...[real('sy', 0.0473), tensor('zy', 'UINT8', [], [119])],
    ...[int64('boxes4', [1, -1, 4]), int64('scores3', [1, -1, 3])],
    tensor('anchors', 'FLOAT', [1, 2, 4], [0, 0, 1, 1, 0.5, 0.5, 2, 2]),
    tensor('priors', 'FLOAT', [1, 3, 2], [0.625, 0.5, 0.25, 0.5625, 0.5, 0.5]),
    ...[int64('most', [20]), real('iou', 0.3), real('least', 0.65)],
    ...[int64('limit', [120]), int64('zero', [0]), int64('one', [1]), int64('two', [2]), int64('end', [2 ** 63])],
    ...[int64('place', [2], []), int64('class', [1], []), int64('none', [0], []), real('half', 0.5), real('floor', 0)],
    ...[real('eighth', 0.125), real('top', 1)],
    ...[real('sd', 0.031), tensor('zd', 'UINT8', [], [100])],
  ];
  return { nodes, initializers };
}

const kept = many('NonMaxSuppression', 'boxes scores most iou least', 'kept');

/** Boxes, scores and classes of what was kept, as exporters write it. */
const FOUND: Nodes = [
  kept,
  ...[op('Gather', 'kept place', 'at', { axis: 1 }), op('Gather', 'kept class', 'classes', { axis: 1 })],
  ...[op('Squeeze', 'boxes zero', 'rows'), op('Gather', 'rows at', 'found', { axis: 0 })],
  op('GatherND', 'scores kept3', 'sure'),
  ...[op('Slice', 'kept zero one one', 'imageOf'), op('Slice', 'kept one two one', 'classOf')],
  ...[op('Slice', 'kept two end one', 'boxOf'), op('Concat', 'imageOf classOf boxOf', 'kept3', { axis: 1 })],
];

function inOrderOf(nodes: Nodes): Nodes {
  const last = nodes.findIndex(({ opType }) => opType === 'GatherND');
  return [...nodes.slice(0, last), ...nodes.slice(last + 1), nodes[last]];
}

const FOUND_SHAPES = { kept: '?x3', found: '?x4', sure: '?', classes: '?' };
const FOUND_TYPES = { kept: 'INT64', found: 'FLOAT', sure: 'FLOAT', classes: 'INT64' };

export function tailCases(): TailCase[] {
  const cases: [string, boolean, Nodes, TailCase['shapes'], Record<string, string>, number?][] = [];
  for (const quantized of [false, true]) {
    cases.push(
      ['boxes that are kept', quantized, inOrderOf(FOUND), FOUND_SHAPES, FOUND_TYPES],
      [
        'boxes that are kept, opset 10',
        quantized,
        [kept, many('Shape', 'kept', 'count')],
        { kept: '?x3', count: '?' },
        { kept: 'INT64', count: 'INT64' },
        10,
      ],
      [
        'boxes by their centres, added, scaled and joined',
        quantized,
        [
          many('NonMaxSuppression', 'boxes scores most iou least', 'kept', { center_point_box: 1 }),
          ...[op('Gather', 'kept place', 'at', { axis: 1 }), op('Squeeze', 'boxes zero', 'rows')],
          ...[op('Gather', 'rows at', 'chosen', { axis: 0 }), op('Mul', 'chosen half', 'scaled')],
          ...[op('Add', 'scaled chosen', 'sums'), op('Concat', 'sums chosen', 'joined', { axis: 1 })],
          ...[op('ReduceMax', 'joined', 'largest', { axes: [1], keepdims: 0 }), op('Neg', 'largest', 'lowest')],
          ...[op('Shape', 'joined', 'lengths'), op('Reshape', 'sums lengths2', 'again')],
          ...[op('Gather', 'lengths none', 'rows0'), op('Unsqueeze', 'rows0 zero', 'rows1')],
          op('Concat', 'rows1 two two', 'lengths2', { axis: 0 }),
        ],
        { joined: '?x8', largest: '?', lowest: '?', again: '?x?x?' },
        { joined: 'FLOAT', largest: 'FLOAT', lowest: 'FLOAT', again: 'FLOAT' },
      ],
      [
        'places that are not zero',
        quantized,
        [
          ...[op('Greater', 'scores half', 'high'), many('NonZero', 'high', 'places')],
          ...[op('Transpose', 'places', 'indices', { perm: [1, 0] }), op('GatherND', 'scores indices', 'values')],
          ...[op('Size', 'values', 'many'), op('Range', 'none many class', 'numbers')],
          op('Compress', 'scores high2', 'same'),
          ...[op('Reshape', 'high flat', 'high2'), op('Unsqueeze', 'many zero', 'ends')],
          ...[op('Flatten', 'scores', 'all', { axis: 0 }), op('Slice', 'all zero ends one', 'firsts')],
          op('Where', 'over values half', 'clipped'),
          op('Less', 'values half', 'over'),
        ],
        { places: '3x?', values: '?', numbers: '?', same: '?', firsts: '?x?', clipped: '?' },
        { places: 'INT64', values: 'FLOAT', numbers: 'INT64', same: 'FLOAT', firsts: 'FLOAT', clipped: 'FLOAT' },
      ],
      [
        'the best of as many as there are',
        quantized,
        [
          ...[op('Reshape', 'scores flat', 'all'), op('Shape', 'all', 'length'), op('Greater', 'all half', 'high')],
          ...[op('Cast', 'high', 'ones', { to: 7 }), op('ReduceSum', 'ones', 'total', { keepdims: 1 })],
          ...[op('Min', 'total limit', 'k'), many('TopK', 'all k', 'best where', { axis: 0 })],
          ...[op('Cast', 'best', 'whole', { to: 7 }), many('Unique', 'whole', 'unique first back counts')],
          ...[op('Expand', 'half k', 'halves'), op('Sub', 'best halves', 'more'), op('Relu', 'more', 'positive')],
          op('Pad', 'best pads', 'longer'),
          ...[op('Concat', 'zero total', 'pads', { axis: 0 }), op('ConstantOfShape', 'k', 'zeros')],
        ],
        { best: '?', where: '?', unique: '?', counts: '?', positive: '?', longer: '?', zeros: '?' },
        {
          best: 'FLOAT',
          where: 'INT64',
          unique: 'INT64',
          counts: 'INT64',
          positive: 'FLOAT',
          longer: 'FLOAT',
          zeros: 'FLOAT',
        },
      ],
      [
        'codes of what was kept',
        quantized,
        [
          ...[kept, op('Gather', 'kept place', 'at', { axis: 1 }), op('Squeeze', 'boxes zero', 'rows')],
          ...[op('Gather', 'rows at', 'chosen', { axis: 0 }), op('QuantizeLinear', 'chosen sd zd', 'codes')],
          ...[op('DequantizeLinear', 'codes sd zd', 'reals'), op('Concat', 'reals reals', 'twice', { axis: 1 })],
          ...[op('Mul', 'reals reals', 'squares'), op('QuantizeLinear', 'squares sd zd', 'squareCodes')],
          op('DequantizeLinear', 'squareCodes sd zd', 'squared'),
        ],
        { twice: '?x8', squared: '?x4' },
        { twice: 'FLOAT', squared: 'FLOAT' },
      ],
    );
  }
  const networks = cases.map(([name, quantized, nodes, shapes, outputs, opset]): TailCase => {
    const before = head(quantized);
    const extra = [int64('flat', [-1])];
    return {
      ...{
        name: `${name}, ${quantized ? 'of codes' : 'float'}`,
        shape: SHAPE,
        images: [...IMAGES, EMPTY],
        shapes,
        products: 2,
      },
      bytes: tailModel({
        nodes: [...before.nodes, ...nodes],
        initializers: [...before.initializers, ...extra],
        ...{ shape: SHAPE, outputs, ...(opset !== undefined && { opset }) },
      }),
    };
  });
  return [...networks, behindCompress(), ...branchCases()];
}

/** Functions of other kinds, of as many rows as numbers are above zero, with what each gives. */
const BEHIND: readonly (readonly [nodes: Nodes, type: string, shape: string])[] = [
  [[op('ReduceMean', 'rows', 'mean', { axes: [0] })], 'FLOAT', '1x4'],
  [[op('ReduceSum', 'rows zero', 'sum')], 'FLOAT', '1x4'],
  [[op('ReduceMax', 'rows', 'most', { axes: [1] })], 'FLOAT', '?x1'],
  [[op('CumSum', 'rows none', 'running')], 'FLOAT', '?x4'],
  [[op('ArgMax', 'rows', 'best', { axis: 1 })], 'INT64', '?x1'],
  [[op('Tile', 'two count', 'tiled')], 'INT64', '?'],
  [[op('Concat', 'count two', 'grid', { axis: 0 }), op('Expand', 'half grid', 'spread')], 'FLOAT', '?'],
  [[op('Slice', 'all zero count', 'firsts')], 'FLOAT', '?'],
  [[op('Transpose', 'places', 'turned'), op('ScatterND', 'all turned values', 'put')], 'FLOAT', '18'],
  [[op('Reshape', 'places flat', 'line'), op('GatherElements', 'all line', 'picked', { axis: 0 })], 'FLOAT', '?'],
  [[many('Split', 'rows', 'left right', { axis: 1 })], 'FLOAT', '?x2'],
  [[op('Pad', 'rows pads', 'padded')], 'FLOAT', '?'],
  [[op('Flatten', 'rows', 'flattened', { axis: 0 })], 'FLOAT', '1x?'],
  [[op('Clip', 'rows floor half', 'clipped')], 'FLOAT', '?x4'],
  [[op('Mod', 'places two', 'rest')], 'INT64', '1x?'],
  [[op('Pow', 'rows two', 'squares')], 'FLOAT', '?x4'],
  [[op('Cast', 'rows', 'whole', { to: 6 })], 'INT32', '?x4'],
  [[op('Equal', 'places two', 'equal')], 'BOOL', '1x?'],
  [[op('PRelu', 'rows slopes', 'bent')], 'FLOAT', '?x4'],
  [
    [op('SequenceConstruct', 'rows rows', 'pair'), op('ConcatFromSequence', 'pair', 'both', { axis: 0 })],
    'FLOAT',
    '?x4',
  ],
  [[op('Trilu', 'rows', 'upper')], 'FLOAT', '?x4'],
];

function behindCompress(): TailCase {
  const shape = [1, 18];
  const before: Nodes = [
    ...[op('Reshape', 'x flat', 'all'), op('Greater', 'all floor', 'high'), many('Compress', 'all high', 'values')],
    ...[op('Unsqueeze', 'values one', 'column'), op('Concat', 'column column column column', 'rows', { axis: 1 })],
    ...[op('Shape', 'values', 'count'), op('NonZero', 'high', 'places')],
  ];
  const initializers = [
    ...[int64('zero', [0]), int64('one', [1]), int64('two', [2]), int64('none', [0], []), int64('flat', [-1])],
    ...[int64('pads', [0, 0, 1, 0]), real('floor', 0), real('half', 0.5), tensor('slopes', 'FLOAT', [4], [1, 2, 3, 4])],
  ];
  const outputs = BEHIND.map(([nodes, type, text]) => ({ name: nodes.at(-1)?.output?.[0] ?? '', type, text }));
  return {
    ...{ name: 'functions behind a Compress', shape, products: 0 },
    images: [...[21, 22, 23].map((seed) => sixteenths(seed, 18, 3)), new Float32Array(18).fill(-1)],
    shapes: Object.fromEntries(outputs.map(({ name, text }) => [name, text])),
    bytes: tailModel({
      ...{ nodes: [...before, ...BEHIND.flatMap(([nodes]) => nodes)], initializers, shape },
      outputs: Object.fromEntries(outputs.map(({ name, type }) => [name, type])),
    }),
  };
}

/** If by a condition that an image decides, with what is too costly, or of another shape, to be computed in vain. */
function branchCases(): TailCase[] {
  const output = (name: string) => ({ name });
  const graph = (nodes: Nodes, result: string) => ({ name: result, node: nodes, output: [output(result)] });
  const choice = (yes: Nodes, no: Nodes, name = 'y'): Nodes[number] => {
    const last = (nodes: Nodes) => nodes.at(-1)?.output?.[0] ?? '';
    const graphs = { then_branch: graph(yes, last(yes)), else_branch: graph(no, last(no)) };
    const attribute = Object.entries(graphs).map(([branch, g]) => ({ name: branch, g, type: 5 }));
    return { ...op('If', 'c', name), attribute, name: `${name}_node` };
  };
  const condition: Nodes = [op('ReduceSum', 'x', 'total', { keepdims: 0 }), op('Greater', 'total floor', 'c')];
  const same = { pads: [1, 1, 1, 1] };
  const initializers = [
    ...[real('floor', 0), int64('zero', [0]), int64('flat', [-1])],
    tensor('wide', 'FLOAT', [4, 3, 3, 3], sixteenths(31, 108, 0.5)),
    tensor('narrow', 'FLOAT', [4, 3, 1, 1], sixteenths(32, 12, 0.5)),
    tensor('next', 'FLOAT', [2, 4, 1, 1], sixteenths(33, 8, 0.5)),
    tensor(
      'w8',
      'INT8',
      [4, 3, 3, 3],
      sixteenths(34, 108, 0.5).map((value) => value * 16),
    ),
    tensor(
      'w1',
      'INT8',
      [4, 3, 1, 1],
      sixteenths(35, 12, 0.5).map((value) => value * 16),
    ),
    ...[real('s8', 0.0625), tensor('z8', 'INT8', [], [0]), real('sx', 0.0171), tensor('zx', 'UINT8', [], [125])],
    ...[real('sy', 0.0473), tensor('zy', 'UINT8', [], [119])],
  ];
  const codes = (weights: string, pads: number): Nodes => [
    op('QuantizeLinear', 'x sx zx', `${weights}x`),
    op('DequantizeLinear', `${weights}x sx zx`, `${weights}xd`),
    op('DequantizeLinear', `${weights} s8 z8`, `${weights}d`),
    op('Conv', `${weights}xd ${weights}d`, `${weights}s`, { pads: [pads, pads, pads, pads] }),
    ...[
      op('QuantizeLinear', `${weights}s sy zy`, `${weights}r`),
      op('DequantizeLinear', `${weights}r sy zy`, `${weights}y`),
    ],
  ];
  const shape = SHAPE;
  const images = [...IMAGES, EMPTY, new Float32Array(126).fill(1)];
  const made = (name: string, nodes: Nodes, products: number, text: string): TailCase => ({
    ...{ name: `If, ${name}`, shape, images, products, shapes: { y: text } },
    bytes: tailModel({ nodes: [...condition, ...nodes], initializers, shape, outputs: { y: 'FLOAT' } }),
  });
  const wide = [op('Conv', 'x wide', 'a', same), op('Relu', 'a', 'b')];
  const narrow = [op('Conv', 'x narrow', 'd')];
  return [
    made('a convolution in both branches', [choice(wide, narrow)], 2, '1x4x6x7'),
    made('another behind it', [choice(wide, narrow, 'm'), op('Conv', 'm next', 'y')], 3, '1x2x6x7'),
    made('convolutions of codes', [choice(codes('w8', 1), codes('w1', 0))], 2, '1x4x6x7'),
    made(
      'one within another',
      [
        choice(
          [choice(wide, narrow, 'i')],
          narrow.map((each) => ({ ...each, output: ['e'] })),
        ),
      ],
      3,
      '1x4x6x7',
    ),
    made(
      'branches of other shapes',
      [
        choice(
          [op('NonZero', 'x', 'p'), op('Cast', 'p', 'pr', { to: 1 }), op('Reshape', 'pr flat', 'long')],
          [op('Conv', 'x narrow', 'k'), op('Reshape', 'k flat', 'short')],
        ),
      ],
      1,
      '?',
    ),
  ];
}
