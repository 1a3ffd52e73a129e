import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../../src/networks/arithmetic.js';
import { executeAll } from '../../../../src/networks/execute.js';
import { factsOf } from '../../../../src/networks/facts.js';
import { encodeModel, type ProtoInit } from '../../../../src/networks/readers/onnx/proto.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { floatTensor, integerTensor, type Tensor } from '../../../../src/networks/tensor.js';
import { modelOf, op, tensor } from './graphs.js';

/** Branches and loops: what they give is computed here by hand. */

type GraphInit = ProtoInit<'GraphProto'>;
type NodeInit = ProtoInit<'NodeProto'>;

const input = (name: string) => ({ name });
const graph = (nodes: NodeInit[], inputs: string[], outputs: string[], initializer: GraphInit['initializer'] = []) => ({
  node: nodes,
  name: 'body',
  input: inputs.map(input),
  output: outputs.map(input),
  initializer,
});

function withGraphs(node: NodeInit, graphs: Record<string, GraphInit>, outputs = node.output ?? []): NodeInit {
  const more = Object.entries(graphs).map(([name, g]) => ({ name, g, type: 5 }));
  return { ...node, output: outputs, attribute: [...(node.attribute ?? []), ...more] };
}

const scalarInt = (name: string, value: number) => tensor(name, 'INT64', [], [value]);
const flagOf = (name: string, value: number) => tensor(name, 'BOOL', [], [value]);

interface Parts {
  nodes: NodeInit[];
  initializers?: NonNullable<GraphInit['initializer']>;
  shape?: number[];
  outputs?: string[];
}

function read({ nodes, initializers = [], shape = [1, 3], outputs = ['y'] }: Parts) {
  return readOnnx(encodeModel(modelOf({ nodes, initializers, input: shape, outputs })), 'net.onnx');
}

function valuesOf(parts: Parts, x: readonly number[]): Record<string, number[]> {
  const network = read(parts);
  const given = floatTensor(parts.shape ?? [1, 3], Float32Array.from(x));
  const found = executeAll(network, new Map([['x', given]]), float32Arithmetic);
  return Object.fromEntries([...found.values()].map((each, i) => [parts.outputs?.[i] ?? 'y', [...each.data]]));
}

describe('If', () => {
  const branches = {
    then_branch: graph([op('Add', 'x two', 'sum')], [], ['sum'], [tensor('two', 'FLOAT', [1], [2])]),
    else_branch: graph([op('Mul', 'x x', 'square')], [], ['square']),
  };
  const choice = (condition: string) => withGraphs(op('If', condition, 'y'), branches);

  it('takes the branch of a stored condition', () => {
    const taken = (value: number) =>
      valuesOf({ nodes: [choice('c')], initializers: [flagOf('c', value)] }, [1, 2, 3]).y;
    expect(taken(1)).toEqual([3, 4, 5]);
    expect(taken(0)).toEqual([1, 4, 9]);
  });

  it('a condition that follows from shapes is known', () => {
    const nodes = [op('Size', 'x', 'size'), op('Equal', 'size three', 'c'), choice('c')];
    expect(valuesOf({ nodes, initializers: [scalarInt('three', 3)] }, [1, 2, 3]).y).toEqual([3, 4, 5]);
    expect(valuesOf({ nodes, initializers: [scalarInt('three', 4)] }, [1, 2, 3]).y).toEqual([1, 4, 9]);
  });

  it('small branches are both computed where the condition is', () => {
    const nodes = [op('ReduceSum', 'x', 'sum', { keepdims: 0 }), op('Greater', 'sum zero', 'c'), choice('c')];
    const initializers = [tensor('zero', 'FLOAT', [], [0])];
    expect(valuesOf({ nodes, initializers }, [1, 2, 3]).y).toEqual([3, 4, 5]);
    expect(valuesOf({ nodes, initializers }, [1, -2, -3]).y).toEqual([1, 4, 9]);
  });

  it('of large ones the one that is wanted', () => {
    const nodes = [
      op('ReduceSum', 'x', 'sum', { keepdims: 0 }),
      op('Greater', 'sum zero', 'c'),
      withGraphs(op('If', 'c', 'y'), { ...branches, else_branch: graph([op('MatMul', 'x w', 'z')], [], ['z']) }),
    ];
    const initializers = [tensor('zero', 'FLOAT', [], [0]), tensor('w', 'FLOAT', [3, 3], [1, 0, 0, 0, 2, 0, 0, 0, 3])];
    expect(valuesOf({ nodes, initializers }, [1, 2, 3]).y).toEqual([3, 4, 5]);
    expect(valuesOf({ nodes, initializers }, [1, -2, -3]).y).toEqual([1, -4, -9]);
    const { layers } = read({ nodes, initializers });
    expect(layers.map(({ op: each, when }) => [each, when])).toEqual([
      ['general', undefined],
      ['general', undefined],
      ['batchNorm', [{ tensor: 'c', is: true }]],
      ['dense', [{ tensor: 'c', is: false }]],
      ['choose', undefined],
    ]);
  });
});

describe('If by a condition that is computed', () => {
  const computed = [op('ReduceSum', 'x', 'sum', { keepdims: 0 }), op('Greater', 'sum zero', 'c')];
  const initializers = [tensor('zero', 'FLOAT', [], [0])];
  const chain = (count: number) =>
    graph(
      Array.from({ length: count }, (_, i) => op('Neg', i === 0 ? 'x' : `n${i - 1}`, `n${i}`)),
      [],
      [`n${count - 1}`],
    );
  const choice = (yes: GraphInit, no: GraphInit) =>
    withGraphs(op('If', 'c', 'y'), { then_branch: yes, else_branch: no });

  it.each([32, 33])('with %s nodes in a branch, and one in the other', (count) => {
    for (const [yes, no] of [
      [count, 1],
      [1, count],
    ]) {
      const parts = { nodes: [...computed, choice(chain(yes), chain(no))], initializers };
      const sign = (length: number) => (length % 2 === 0 ? 1 : -1);
      expect(valuesOf(parts, [1, 2, 3]).y).toEqual([1, 2, 3].map((x) => sign(yes) * x));
      expect(valuesOf(parts, [-1, -2, -3]).y).toEqual([-1, -2, -3].map((x) => sign(no) * x));
      expect(read(parts).layers.some(({ when }) => when !== undefined)).toBe(count > 32);
    }
  });

  it('may read its condition', () => {
    const dims = (shape: readonly number[]) => ({ dim: shape.map((length) => ({ dimValue: BigInt(length) })) });
    const port = (name: string, elemType: number, shape: readonly number[]) => ({
      ...{ name, type: { tensorType: { elemType, shape: dims(shape) } } },
    });
    const product = graph([op('MatMul', 'x w', 'z')], [], ['z']);
    const model = modelOf({
      ...{ nodes: [choice(product, chain(1))], input: [], outputs: ['y'] },
      initializers: [tensor('w', 'FLOAT', [3, 3], [1, 0, 0, 0, 2, 0, 0, 0, 3])],
    });
    const bytes = encodeModel({ ...model, graph: { ...model.graph, input: [port('x', 1, [1, 3]), port('c', 9, [])] } });
    const network = readOnnx(bytes, 'net.onnx');
    const run = (flag: number) => {
      const x = floatTensor([1, 3], Float32Array.of(1, 2, 3));
      const c = integerTensor([], 'bool', Float64Array.of(flag));
      return [
        ...(executeAll(
          network,
          new Map<string, Tensor>([
            ['x', x],
            ['c', c],
          ]),
          float32Arithmetic,
        ).get('y')?.data ?? []),
      ];
    };
    expect([run(1), run(0)]).toEqual([
      [1, 4, 9],
      [-1, -2, -3],
    ]);
  });

  it('gives what is asked for, of whatever shape', () => {
    const long = graph([op('Concat', 'x x', 'z', { axis: 1 })], [], ['z']);
    for (const [yes, no] of [
      [chain(1), long],
      [long, chain(1)],
    ] as const) {
      const parts = { nodes: [...computed, choice(yes, no)], initializers };
      expect(valuesOf(parts, [1, 2, 3]).y).toEqual(yes === long ? [1, 2, 3, 1, 2, 3] : [-1, -2, -3]);
      expect(valuesOf(parts, [-1, -2, -3]).y).toEqual(no === long ? [-1, -2, -3, -1, -2, -3] : [1, 2, 3]);
      expect(factsOf(read(parts)).get('y')).toEqual({ shape: [1, NaN], open: 'y (If)' });
    }
    const cast = graph([op('Cast', 'x', 'z', { to: 6 })], [], ['z']);
    expect(() => read({ nodes: [...computed, choice(cast, long)], initializers })).toThrow(
      'net.onnx: node y (If): gives int32 or float32: one type is wanted',
    );
    const two = (type: string) => graph([op(type, 'x', 'z'), op('Neg', 'z', 'w')], [], ['z', 'w']);
    const one = withGraphs(op('If', 'c', 'y'), { then_branch: two('Exp'), else_branch: two('Abs') }, ['', 'y']);
    expect(valuesOf({ nodes: [...computed, one], initializers }, [1, 2, -4]).y).toEqual([-1, -2, -4]);
  });
});

it.each(['If', 'Loop', 'Scan'])('%s without what it needs is refused in a line', (type) => {
  const lacks = { If: 'lacks its condition', Loop: 'has no body', Scan: 'has no body' }[type];
  expect(() => read({ nodes: [op(type, '', 'y')] })).toThrow(`net.onnx: node y (${type}): ${lacks}`);
});

describe('Loop', () => {
  /** state = state * 2 + turn; gives the state of each turn. */
  const body = graph(
    [
      op('Cast', 'i', 'turn', { to: 1 }),
      op('Add', 's s', 'twice'),
      op('Add', 'twice turn', 'next'),
      op('Identity', 'next', 'each'),
      op('Identity', 'go', 'goes'),
    ],
    ['i', 'go', 's'],
    ['goes', 'next', 'each'],
  );
  const loop = withGraphs(op('Loop', 'm _ x', 'y'), { body }, ['y', 'all']);

  it('is written out, with the turn as a number', () => {
    const outputs = ['y', 'all'];
    const found = valuesOf({ nodes: [loop], initializers: [scalarInt('m', 3)], outputs }, [1, 2, 3]);
    expect(found).toEqual({ y: [12, 20, 28], all: [2, 4, 6, 5, 9, 13, 12, 20, 28] });
  });

  it('the shape of what the turns give has an axis for them', () => {
    const network = read({ nodes: [loop], initializers: [scalarInt('m', 3)], outputs: ['y', 'all'] });
    const x = floatTensor([1, 3]);
    const all = [...executeAll(network, new Map([['x', x]]), float32Arithmetic).values()][1];
    expect(all.shape).toEqual([3, 1, 3]);
  });

  it('ends where its condition is stored and false', () => {
    const counted = graph(
      [op('Add', 's x', 'next'), op('Less', 'i last', 'goes')],
      ['i', 'go', 's'],
      ['goes', 'next'],
      [scalarInt('last', 2)],
    );
    const nodes = [withGraphs(op('Loop', '_ go x', 'y'), { body: counted }, ['y'])];
    expect(valuesOf({ nodes, initializers: [flagOf('go', 1)] }, [1, 2, 3]).y).toEqual([4, 8, 12]);
  });

  it('without a turn gives what it began with, and of its turns nothing can be given', () => {
    for (const [given, stored] of [
      ['m _ x', [scalarInt('m', 0)]],
      ['_ go x', [flagOf('go', 0)]],
      ['m go x', [scalarInt('m', 2), flagOf('go', 0)]],
    ] as const) {
      const none = (outputs: string[], of = body) => ({
        nodes: [withGraphs(op('Loop', given, 'y'), { body: of }, outputs)],
        initializers: [...stored],
      });
      const state = { ...body, output: body.output.slice(0, 2) };
      expect(valuesOf(none(['y'], state), [1, 2, 3]).y).toEqual([1, 2, 3]);
      expect(() => read(none(['y', 'all']))).toThrow(
        'net.onnx: node y (Loop): makes no turn, and gives what its turns give: one at least is wanted',
      );
    }
  });

  it('has turns that are fewer by its condition, or by its number', () => {
    const last = graph(
      [op('Add', 's x', 'next'), op('Less', 'i last', 'goes')],
      ['i', 'go', 's'],
      ['goes', 'next'],
      [scalarInt('last', 3)],
    );
    const after = (turns: number) => {
      const nodes = [withGraphs(op('Loop', 'm _ x', 'y'), { body: last }, ['y'])];
      return valuesOf({ nodes, initializers: [scalarInt('m', turns)] }, [1, 2, 3]).y[0];
    };
    // Turns 0, 1 and 2 go on, turn 3 is the last one.
    expect([1, 3, 4, 5, 9].map(after)).toEqual([2, 4, 5, 5, 5]);
  });

  it('computed turns, and endless ones, are refused in a line', () => {
    const nodes = [op('ReduceSum', 'x', 'sum', { keepdims: 0 }), op('Cast', 'sum', 'm', { to: 7 }), loop];
    expect(() => read({ nodes })).toThrow(
      'net.onnx: node y (Loop): computes its number of turns m while it runs: one known from the file is supported',
    );
    const chain = Array.from({ length: 5000 }, (_, i) => op('Identity', i === 0 ? 'go' : `g${i - 1}`, `g${i}`));
    const long = graph([...chain, op('Identity', 's', 'next')], ['i', 'go', 's'], ['g4999', 'next']);
    const endless = withGraphs(op('Loop', '_ _ x', 'y'), { body: long });
    expect(() => read({ nodes: [endless] })).toThrow(
      /^net\.onnx: node y \(Loop\): has more than 65536 nodes when its turns are written out: fewer are supported$/,
    );
  }, 60_000);
});

describe('Scan', () => {
  it('goes along an axis, back where it is told to', () => {
    const body = graph([op('Add', 's part', 'next'), op('Identity', 'next', 'each')], ['s', 'part'], ['next', 'each']);
    const scan = (attributes: Record<string, number[]>) =>
      withGraphs(op('Scan', 'zero x', 'y', { num_scan_inputs: 1, ...attributes }), { body }, ['y', 'all']);
    const parts = (attributes: Record<string, number[]>): Parts => ({
      nodes: [scan(attributes)],
      initializers: [tensor('zero', 'FLOAT', [2], [0, 0])],
      shape: [2, 3],
      outputs: ['y', 'all'],
    });
    const x = [1, 2, 3, 10, 20, 30];
    expect(valuesOf(parts({ scan_input_axes: [1] }), x)).toEqual({ y: [6, 60], all: [1, 10, 3, 30, 6, 60] });
    const back = {
      scan_input_axes: [1],
      scan_input_directions: [1],
      scan_output_directions: [1],
      scan_output_axes: [1],
    };
    // Turns 3, 2, 1 give 3, 5, 6 and 30, 50, 60, which are put in front of each other along axis 1.
    expect(valuesOf(parts(back), x)).toEqual({ y: [6, 60], all: [6, 5, 3, 60, 50, 30] });
  });
});

/**
 * Scan by its definition: state = 2 state + the first part + 3 of the second + ..., in the order of each input; given are
 * the states, and their negatives, in the order of each output along its axis.
 */
describe('Scan of several inputs', () => {
  const LENGTHS = [2, 3];

  function defined(inputs: readonly number[][][], axes: readonly number[], back: readonly number[]) {
    const turns = LENGTHS[axes[0]];
    const width = LENGTHS[1 - axes[0]];
    const states: number[][] = [];
    let state = new Array<number>(width).fill(1);
    for (let turn = 0; turn < turns; turn++) {
      state = state.map((value, at) => {
        const parts = inputs.map((rows, i) => {
          const place = back[i] === 1 ? turns - 1 - turn : turn;
          return axes[i] === 0 ? rows[place][at] : rows[at][place];
        });
        return 2 * value + parts.reduce((sum, part, i) => sum + (2 * i + 1) * part, 0);
      });
      states.push(state);
    }
    return states;
  }

  it.each([
    { inputs: 1, axes: [0], back: [0], outAxes: [0, 0], outBack: [0, 0] },
    { inputs: 2, axes: [0, 0], back: [0, 1], outAxes: [0, 1], outBack: [1, 0] },
    { inputs: 2, axes: [1, 1], back: [1, 0], outAxes: [-1, 0], outBack: [0, 1] },
    { inputs: 3, axes: [-1, 1, -1], back: [1, 1, 0], outAxes: [1, -2], outBack: [1, 1] },
    { inputs: 3, axes: [0, -2, 0], back: [0, 0, 1], outAxes: [0, -1], outBack: [0, 1] },
  ])('$inputs inputs along $axes, back $back, results along $outAxes, back $outBack', (scan) => {
    const { inputs, axes, back, outAxes, outBack } = scan;
    const x = [
      [1, -2, 3],
      [5, 7, -4],
    ];
    const given = Array.from({ length: inputs }, (_, i) => x.map((row) => row.map((value) => value * (i + 1))));
    const names = given.map((_, i) => `p${i}`);
    const body = graph(
      [
        op('Add', 's s', 'd0'),
        ...names.flatMap((name, i) => [op('Mul', `${name} f${i}`, `m${i}`), op('Add', `d${i} m${i}`, `d${i + 1}`)]),
        op('Neg', `d${inputs}`, 'minus'),
        op('Identity', `d${inputs}`, 'each'),
      ],
      ['s', ...names],
      [`d${inputs}`, 'each', 'minus'],
      names.map((_, i) => tensor(`f${i}`, 'FLOAT', [], [2 * i + 1])),
    );
    const along = axes.map((axis) => (axis + 2) % 2);
    const width = LENGTHS[1 - along[0]];
    const nodes = [
      ...names.map((_, i) => op('Mul', `x k${i}`, `x${i}`)),
      withGraphs(
        op('Scan', `one ${names.map((_, i) => `x${i}`).join(' ')}`, 'y', {
          ...{ num_scan_inputs: inputs, scan_input_axes: axes, scan_input_directions: back },
          ...{ scan_output_axes: outAxes, scan_output_directions: outBack },
        }),
        { body },
        ['y', 'all', 'less'],
      ),
    ];
    const initializers = [
      tensor('one', 'FLOAT', [width], new Array<number>(width).fill(1)),
      ...names.map((_, i) => tensor(`k${i}`, 'FLOAT', [], [i + 1])),
    ];
    const parts = { nodes, initializers, shape: LENGTHS, outputs: ['y', 'all', 'less'] };
    const states = defined(given, along, back);
    const [all, less] = [1, -1].map((sign, i) => {
      const turns = outBack[i] === 1 ? [...states].reverse() : states;
      const rows = (outAxes[i] + 2) % 2 === 0 ? turns : turns[0].map((_, at) => turns.map((turn) => turn[at]));
      return rows.flat().map((value) => sign * value);
    });
    expect(valuesOf(parts, x.flat())).toEqual({ y: states.at(-1), all, less });
  });

  it('of other lengths, of none, along an axis that there is not: refused in a line', () => {
    const body = graph([op('Add', 's p', 'next')], ['s', 'p'], ['next']);
    const scan = (inputs: string, attributes: Record<string, number | number[]>) => () =>
      read({
        nodes: [op('Transpose', 'x', 't'), withGraphs(op('Scan', inputs, 'y', attributes), { body })],
        shape: [2, 3],
      });
    expect(scan('x t', { num_scan_inputs: 2 })).toThrow(
      'net.onnx: node y (Scan): scans 2 and 3 elements: as many of each',
    );
    expect(scan('x', {})).toThrow('net.onnx: node y (Scan): scans no elements: as many of each are wanted');
    for (const axis of [2, -3])
      expect(scan('x x', { num_scan_inputs: 1, scan_input_axes: [axis] })).toThrow(
        `net.onnx: node y (Scan): has axis ${axis} over 2 axes`,
      );
  });
});

describe('sequences', () => {
  it('are cut, counted, looked up and joined', () => {
    const nodes = [
      op('SplitToSequence', 'x', 's', { axis: 1 }),
      op('SequenceLength', 's', 'n'),
      op('SequenceAt', 's last', 'z'),
      op('SequenceInsert', 's z first', 'more'),
      op('SequenceErase', 'more second', 'less'),
      op('ConcatFromSequence', 'less', 'joined', { axis: 1 }),
      op('Cast', 'n', 'count', { to: 1 }),
      op('Add', 'joined count', 'y'),
    ];
    const initializers = [scalarInt('last', -1), scalarInt('first', 0), scalarInt('second', 1)];
    // 1 2 3 -> 3 1 2 3 -> 3 2 3, and 3 of them.
    expect(valuesOf({ nodes, initializers }, [1, 2, 3]).y).toEqual([6, 5, 6]);
  });

  it.each([
    // Before the element that is there: of x1 x2 x3, the last is x1 again.
    [-1, [1, 2, 1, 3]],
    [-3, [1, 1, 2, 3]],
    [0, [1, 1, 2, 3]],
    [3, [1, 2, 3, 1]],
  ])('put in at place %d', (place, wanted) => {
    const nodes = [
      op('SplitToSequence', 'x', 's', { axis: 1 }),
      op('SequenceAt', 's zero', 'z'),
      op('SequenceInsert', 's z at', 'more'),
      op('ConcatFromSequence', 'more', 'y', { axis: 1 }),
    ];
    const initializers = [scalarInt('zero', 0), scalarInt('at', place)];
    expect(valuesOf({ nodes, initializers }, [1, 2, 3]).y).toEqual(wanted);
  });

  /** What a graph over [1, 2, 3 | 4, 5, 6] gives, or says. */
  function outcome(nodes: NodeInit[], stored: Record<string, number | number[]> = {}): number[] | string {
    const initializers = Object.entries(stored).map(([name, value]) =>
      typeof value === 'number' ? scalarInt(name, value) : tensor(name, 'INT64', [value.length], value),
    );
    try {
      return valuesOf({ nodes, initializers, shape: [2, 3] }, [1, 2, 3, 4, 5, 6]).y;
    } catch (error) {
      return (error as Error).message;
    }
  }
  const split = op('SplitToSequence', 'x', 's', { axis: 1 });
  const joined = (from: string) => op('ConcatFromSequence', from, 'y', { axis: 1 });
  /** The columns of x in an order. */
  const columns = (...order: number[]) => [...order, ...order.map((column) => column + 3)];

  it('are looked up, put into and taken from at every place, and at none', () => {
    for (let at = -5; at <= 5; at++) {
      const inside = at >= -3 && at <= 2;
      const from = at < 0 ? at + 3 : at;
      const refused = (node: string) => `net.onnx: node ${node}: has place ${at} in a sequence of 3`;
      const looked = outcome([split, op('SequenceAt', 's i', 'y')], { i: at });
      expect(looked).toEqual(inside ? columns(from + 1) : refused('y (SequenceAt)'));
      const less = outcome([split, op('SequenceErase', 's i', 't'), joined('t')], { i: at });
      expect(less).toEqual(inside ? columns(...[1, 2, 3].filter((_, i) => i !== from)) : refused('t (SequenceErase)'));
      const last = op('SequenceAt', 's two', 'z');
      const more = outcome([split, last, op('SequenceInsert', 's z i', 't'), joined('t')], { i: at, two: 2 });
      const put = [1, 2, 3].toSpliced(from, 0, 3);
      expect(more).toEqual(inside || at === 3 ? columns(...put) : refused('t (SequenceInsert)'));
    }
    expect(outcome([split, op('SequenceErase', 's', 't'), joined('t')])).toEqual(columns(1, 2));
    const first = op('SequenceAt', 's nought', 'z');
    expect(outcome([split, first, op('SequenceInsert', 's z', 't'), joined('t')], { nought: 0 })).toEqual(
      columns(1, 2, 3, 1),
    );
  });

  it('are cut by a length, by lengths, and along either axis, with it or without', () => {
    const part = (at: number, axis: number, sizes?: number | number[]) =>
      outcome(
        [op('SplitToSequence', `x${sizes === undefined ? '' : ' n'}`, 's', { axis }), op('SequenceAt', 's i', 'y')],
        {
          i: at,
          ...(sizes !== undefined && { n: sizes }),
        },
      );
    expect([0, 1].map((at) => part(at, 0))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([0, 1].map((at) => part(at, 1, 2))).toEqual([columns(1, 2), columns(3)]);
    expect([0, 1].map((at) => part(at, -1, [1, 2]))).toEqual([columns(1), columns(2, 3)]);
    expect(part(0, -2, 5)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const axis of [2, -3])
      expect(part(0, axis)).toBe(`net.onnx: node s (SplitToSequence): has axis ${axis} over 2 axes`);
    expect(part(0, 0, 0)).toBe('net.onnx: node s (SplitToSequence): splits into pieces of 0: 1 and more are wanted');
    // Rows without their axis are joined along a new one.
    const rows = op('SplitToSequence', 'x', 's', { axis: 0, keepdims: 0 });
    const turned = op('ConcatFromSequence', 's', 'y', { axis: 1, new_axis: 1 });
    expect(outcome([rows, turned])).toEqual([1, 4, 2, 5, 3, 6]);
    expect(outcome([rows, op('ConcatFromSequence', 's', 'y', { axis: 0 })])).toEqual([1, 2, 3, 4, 5, 6]);
    // With lengths given the axis stays.
    const kept = op('SplitToSequence', 'x n', 's', { axis: 0, keepdims: 0 });
    expect(outcome([kept, op('ConcatFromSequence', 's', 'y', { axis: 1 })], { n: 1 })).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('are begun empty, passed on, and may be absent', () => {
    const empty = op('SequenceEmpty', '', 's');
    expect(outcome([empty, joined('s')])).toBe('net.onnx: node y (ConcatFromSequence): joins a sequence of no tensors');
    expect(outcome([empty, op('SequenceInsert', 's x', 't'), joined('t')])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(
      outcome([
        split,
        op('Identity', 's', 't'),
        op('Optional', 't', 'u'),
        op('OptionalGetElement', 'u', 'v'),
        joined('v'),
      ]),
    ).toEqual(columns(1, 2, 3));
    const there = (nodes: NodeInit[], name: string) =>
      outcome([
        ...nodes,
        op('OptionalHasElement', name, 'has'),
        op('Cast', 'has', 'real', { to: 1 }),
        op('Mul', 'x real', 'y'),
      ]);
    expect(there([], 'x')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(there([split], 's')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(there([op('Optional', '', 'none')], 'none')).toEqual([0, 0, 0, 0, 0, 0]);
    expect(outcome([joined('x')])).toBe(
      'net.onnx: node y (ConcatFromSequence): reads x, which is no sequence that is known while the file is read',
    );
  });

  it('a tensor in a sequence keeps its layer, whoever reads it first', () => {
    const nodes = [
      op('MatMul', 'x w', 'z'),
      op('SequenceConstruct', 'z z', 's'),
      op('SequenceAt', 's first', 'a'),
      op('SequenceAt', 's second', 'b'),
      op('Relu', 'a', 'positive'),
      op('Sub', 'positive b', 'y'),
    ];
    const initializers = [
      tensor('w', 'FLOAT', [3, 2], [1, -1, 1, -1, 1, -1]),
      scalarInt('first', 0),
      scalarInt('second', 1),
    ];
    expect(valuesOf({ nodes, initializers }, [1, 2, 3]).y).toEqual([0, 6]);
  });

  it('computed places are refused in a line', () => {
    const nodes = [
      op('SplitToSequence', 'x', 's', { axis: 1 }),
      op('ReduceSum', 'x', 'sum', { keepdims: 0 }),
      op('Cast', 'sum', 'i', { to: 7 }),
      op('SequenceAt', 's i', 'y'),
    ];
    expect(() => read({ nodes })).toThrow(
      'net.onnx: node y (SequenceAt): computes the place i in a sequence while it runs: one known from the file is supported',
    );
  });
});

it('what a body reads from around it keeps its layer', () => {
  const body = graph(
    [op('Relu', 'z', 'r'), op('Add', 's r', 'next'), op('Identity', 'go', 'goes')],
    ['i', 'go', 's'],
    ['goes', 'next'],
  );
  const nodes = [
    op('MatMul', 'x w', 'z'),
    withGraphs(op('Loop', 'm _ z', 'l'), { body }, ['l']),
    op('Add', 'l z', 'y'),
  ];
  const initializers = [scalarInt('m', 2), tensor('w', 'FLOAT', [3, 2], [1, -1, 1, -1, 1, -1])];
  // z = 6 -6; l = z + 2 relu(z) = 18 -6; y = 24 -12
  expect(valuesOf({ nodes, initializers }, [1, 2, 3]).y).toEqual([24, -12]);
});
