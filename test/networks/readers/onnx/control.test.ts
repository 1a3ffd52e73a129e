import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../../src/networks/arithmetic.js';
import { executeAll } from '../../../../src/networks/execute.js';
import { encodeModel, type ProtoInit } from '../../../../src/networks/readers/onnx/proto.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { floatTensor } from '../../../../src/networks/tensor.js';
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

  it('large ones are refused in a line', () => {
    const nodes = [
      op('ReduceSum', 'x', 'sum', { keepdims: 0 }),
      op('Greater', 'sum zero', 'c'),
      withGraphs(op('If', 'c', 'y'), { ...branches, else_branch: graph([op('MatMul', 'x w', 'z')], [], ['z']) }),
    ];
    const initializers = [tensor('zero', 'FLOAT', [], [0]), tensor('w', 'FLOAT', [3, 3], new Float32Array(9))];
    expect(() => read({ nodes, initializers })).toThrow(
      'net.onnx: node y (If): computes its condition c while it runs, and has a MatMul in a branch: both branches are computed, so they must be small',
    );
  });
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
