import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../../src/networks/arithmetic.js';
import { execute } from '../../../../src/networks/execute.js';
import type { Network } from '../../../../src/networks/network.js';
import { readNetwork } from '../../../../src/networks/readers/index.js';
import { encodeModel, type ProtoInit } from '../../../../src/networks/readers/onnx/proto.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { floatTensor } from '../../../../src/networks/tensor.js';
import { bytesOf, type Graph, modelOf, op, tensor } from './graphs.js';

/** What a file may look like around its nodes. */

const x = floatTensor([1, 3], Float32Array.of(1, -2, 3));
const run = (network: Network) => [...execute(network, x, float32Arithmetic).data];
const given = (graph: Partial<Graph> & Pick<Graph, 'nodes'>) => bytesOf({ initializers: [], input: [1, 3], ...graph });

describe('order', () => {
  const nodes = [op('Relu', 'x', 'a'), op('Neg', 'a', 'b'), op('Exp', 'b', 'c'), op('Add', 'c a', 'y')];
  const [one, other] = [nodes, nodes.toReversed()].map((list) =>
    readOnnx(given({ nodes: list, outputs: ['y'] }), 'net.onnx'),
  );

  it('nodes may come in any', () => {
    expect(run(other)).toEqual(run(one));
    expect(other.layers.map(({ name }) => name)).toEqual(one.layers.map(({ name }) => name));
  });

  it('a long chain backwards is read', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => op('Identity', i === 0 ? 'x' : `n${i - 1}`, `n${i}`));
    const bytes = given({ nodes: [op('Neg', 'n19999', 'y'), ...chain.toReversed()], outputs: ['y'] });
    expect(run(readOnnx(bytes, 'net.onnx'))).toEqual([-1, 2, -3]);
  });

  it('a cycle is refused in a line', () => {
    const circular = [op('Add', 'x c', 'a'), op('Neg', 'a', 'b'), op('Exp', 'b', 'c')];
    expect(() => readOnnx(given({ nodes: circular }), 'net.onnx')).toThrow(
      /^net\.onnx: node [abc] \((Add|Neg|Exp)\) reads, by way of others, what it writes itself: a network has no cycles$/,
    );
  });
});

describe('stored tensors', () => {
  it('those that nobody reads need not be understood', () => {
    const strings: ProtoInit<'TensorProto'> = { name: 'words', dataType: 8, dims: [1n] };
    expect(run(readOnnx(given({ nodes: [op('Neg', 'x', 'y')], initializers: [strings] }), 'net.onnx'))).toEqual([
      -1, 2, -3,
    ]);
  });

  it('one may be the output', () => {
    const initializers = [tensor('c', 'FLOAT', [2], [5, 6])];
    const network = readOnnx(given({ nodes: [op('Neg', 'x', 'z')], initializers, outputs: ['c'] }), 'net.onnx');
    expect(run(network)).toEqual([5, 6]);
  });

  it('integers near the ends of 64 bits are "to the end"', () => {
    const ends = (value: bigint) => ({ name: 'end', dataType: 7, dims: [1n], int64Data: [value] });
    const initializers = ['start', 'axis'].map((name) => tensor(name, 'INT64', [1], [1]));
    const sliced = (value: bigint) =>
      readOnnx(
        given({ nodes: [op('Slice', 'x start end axis', 'y')], initializers: [...initializers, ends(value)] }),
        'net.onnx',
      );
    expect(run(sliced(2n ** 63n - 1n))).toEqual([-2, 3]);
    expect(run(sliced(-(2n ** 63n)))).toEqual([]);
    expect(() => sliced(2n ** 53n + 1n)).toThrow('net.onnx: the integer 9007199254740993 is beyond 2^53');
  });
});

describe('functions that a model brings along', () => {
  const reference = (name: string, refAttrName: string) => ({ name, refAttrName, type: 1 });
  const leaky = { ...op('LeakyRelu', 'a', 'b'), attribute: [reference('alpha', 'slope')] };
  const inner: ProtoInit<'FunctionProto'> = {
    ...{ name: 'Bend', domain: 'theirs', input: ['a'], output: ['b'], attribute: ['slope'], node: [leaky] },
    opsetImport: [{ domain: '', version: 16n }],
  };
  const call = { ...op('Bend', 'v', 'w', {}, 'theirs'), attribute: [reference('slope', 'steep')] };
  const outer: ProtoInit<'FunctionProto'> = {
    ...{ name: 'Twice', domain: 'theirs', input: ['v'], output: ['sum'] },
    attributeProto: [{ name: 'steep', f: 0.5, type: 1 }],
    node: [call, op('Add', 'w w', 'sum')],
    opsetImport: [
      { domain: '', version: 16n },
      { domain: 'theirs', version: 1n },
    ],
  };
  const model = (nodes: ProtoInit<'NodeProto'>[], functions: ProtoInit<'FunctionProto'>[]) => {
    const plain = modelOf({ nodes, initializers: [], input: [1, 3], outputs: ['y'] });
    return encodeModel({
      ...plain,
      functions,
      opsetImport: [...(plain.opsetImport ?? []), { domain: 'theirs', version: 1n }],
    });
  };

  it('are put in the place of their calls, nested ones and their attributes too', () => {
    const nodes = [op('Twice', 'x', 'z', {}, 'theirs'), op('Twice', 'z', 'y', { steep: { f: 0.25 } }, 'theirs')];
    // 2 x, of negative ones half; then again, of negative ones a quarter.
    expect(run(readOnnx(model(nodes, [inner, outer]), 'net.onnx'))).toEqual([4, -1, 12]);
  });

  it('one that calls itself is refused in a line', () => {
    const circular = { ...outer, node: [op('Twice', 'v', 'sum', {}, 'theirs')] };
    expect(() => readOnnx(model([op('Twice', 'x', 'y', {}, 'theirs')], [circular]), 'net.onnx')).toThrow(
      'net.onnx: function Twice calls itself',
    );
  });

  it('what none is, is refused by its node', () => {
    expect(() => readOnnx(model([op('Thrice', 'x', 'y', {}, 'theirs')], [outer, inner]), 'net.onnx')).toThrow(
      'net.onnx: node y (theirs.Thrice): operator Thrice of domain theirs is not supported',
    );
  });
});

describe('shapes of inputs', () => {
  const open = (nodes: ProtoInit<'NodeProto'>[], input: (number | string)[]) =>
    bytesOf({ nodes, initializers: [], input });
  const bytes = open([op('Neg', 'x', 'y')], ['n', 'h', 'w']);

  it('are given where the file leaves them open', () => {
    expect(readOnnx(bytes, 'net.onnx', { shapes: { x: [1, 4, 5] } }).inputs[0].shape).toEqual([1, 4, 5]);
    expect(() => readOnnx(bytes, 'net.onnx')).toThrow(
      'net.onnx: input x has shape nxhxw: lengths are wanted but for the batch; give them with --shape x=1x3x224x224',
    );
  });

  it('fill a name that inputs share', () => {
    const plain = modelOf({ nodes: [op('Add', 'x z', 'y')], initializers: [], input: [1, 'h'] });
    const z = {
      name: 'z',
      type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1n }, { dimParam: 'h' }] } } },
    };
    const graph = { ...plain.graph, input: [...(plain.graph?.input ?? []), z] };
    const both = encodeModel({ ...plain, graph });
    const network = readOnnx(both, 'net.onnx', { shapes: { x: [1, 7] } });
    expect(network.inputs.map(({ shape }) => shape)).toEqual([
      [1, 7],
      [1, 7],
    ]);
    expect(() => readOnnx(both, 'net.onnx', { shapes: { x: [1, 7], z: [1, 8] } })).toThrow(
      'net.onnx: is given h = 7 and 8: inputs share the length',
    );
  });

  it('must be those of the file, and of an input that there is', () => {
    const fixed = open([op('Neg', 'x', 'y')], ['n', 3]);
    expect(() => readOnnx(fixed, 'net.onnx', { shapes: { x: [1, 4] } })).toThrow(
      'net.onnx: is given x of shape 1x4: its file says nx3',
    );
    expect(() => readOnnx(fixed, 'net.onnx', { shapes: { xx: [1, 3] } })).toThrow(
      'net.onnx: has no input xx to give a shape: it reads x',
    );
  });
});

describe('tensors beside the model', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'external-'));
    mkdirSync(join(folder, 'model'));
    const numbers = new Uint8Array(Float32Array.of(9, 9, 10, 20, 30).buffer);
    writeFileSync(join(folder, 'model', 'weights.bin'), numbers);
    writeFileSync(join(folder, 'secret.bin'), numbers);
    symlinkSync(join(folder, 'secret.bin'), join(folder, 'model', 'link.bin'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const kept = (entries: Record<string, string>): ProtoInit<'TensorProto'> => ({
    ...{ name: 'w', dataType: 1, dims: [3n], dataLocation: 1 },
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });
  const open = (entries: Record<string, string>) => {
    const bytes = given({ nodes: [op('Add', 'x w', 'y')], initializers: [kept(entries)] });
    return readNetwork(bytes, join(folder, 'model', 'net.onnx'));
  };

  it('are found by place and length', async () => {
    expect(run(await open({ location: 'weights.bin', offset: '8', length: '12' }))).toEqual([11, 18, 33]);
    expect(run(await open({ location: 'weights.bin', offset: '8' }))).toEqual([11, 18, 33]);
  });

  it.each([
    [{ location: 'none.bin' }, 'tensor w is kept in none.bin, and there is no such file beside the model'],
    [
      { location: '../secret.bin' },
      "tensor w is kept in ../secret.bin, which is not in the model's folder: files below it are read",
    ],
    [
      { location: '/etc/passwd' },
      "tensor w is kept in /etc/passwd, which is not in the model's folder: files below it are read",
    ],
    [
      { location: 'link.bin' },
      "tensor w is kept in link.bin, a link that leaves the model's folder: files below it are read",
    ],
    [
      { location: 'weights.bin', offset: '12', length: '12' },
      'tensor w is kept in weights.bin, which has 20 bytes: 12 from byte 12 on are wanted',
    ],
    [
      { location: 'weights.bin', offset: 'two' },
      'tensor w is kept in weights.bin: its offset is "two": a whole number of bytes is wanted',
    ],
    [{ location: 'weights.bin', length: '8' }, 'tensor w (FLOAT, shape 3) needs 3 elements, found 8 bytes'],
  ])('%j is refused in a line', async (entries, message) => {
    await expect(open(entries as unknown as Record<string, string>)).rejects.toThrow(
      `${join(folder, 'model', 'net.onnx')}: ${message}`,
    );
  });
});
