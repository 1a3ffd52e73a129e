import { describe, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../src/networks/arithmetic.js';
import { execute, executeLayer } from '../../src/networks/execute.js';
import { factsAfter, factsOf, inputsOf, keepsCodes, ofBatch } from '../../src/networks/facts.js';
import { lower, operationsOf } from '../../src/networks/lower.js';
import { isMacLayer, type Layer, type Network, type Op } from '../../src/networks/network.js';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { OPERATORS, operatorOf } from '../../src/networks/operators/index.js';
import { perTensor, quantize } from '../../src/networks/quantization.js';
import { type FloatTensor, floatTensor, sizeOf, type Tensor } from '../../src/networks/tensor.js';
import { fitTo } from '../../src/formats/codec.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { modelOf } from '../../src/training/model/model.js';
import { floats, integers, mixed, network, random, reals } from '../networks/readers/onnx/samples.js';

const samples = [floats, ...integers, ...mixed];
const BATCH = 3;

function tensorsOf(sample: Network): Map<string, Tensor> {
  const shape = [BATCH, ...sample.inputs[0].shape.slice(1)];
  const image = floatTensor(shape, reals(random(77), sizeOf(shape), 2));
  const tensors = new Map<string, Tensor>([[sample.inputs[0].name, image]]);
  const arithmetic = sample === floats ? float32Arithmetic : exactArithmetic;
  execute(sample, image, arithmetic, (name, tensor) => tensors.set(name, tensor));
  return tensors;
}

/** A layer of each operator, with what it reads. */
const cases = new Map<Op, { layer: Layer; inputs: readonly Tensor[] }>();
for (const sample of samples) {
  const tensors = tensorsOf(sample);
  for (const layer of sample.layers)
    if (!cases.has(layer.op)) cases.set(layer.op, { layer, inputs: inputsOf(layer, tensors) });
}
/** Functions of tensors have laws of their own (functions.test.ts); of branches one alone runs (tails.test.ts). */
const ops = (Object.keys(OPERATORS) as Op[]).filter((op) => op !== 'general' && op !== 'choose');
const int8 = perTensor(fitTo(formatNamed('int8'), { overflow: 'saturate' }), 1 / 16);

function caseOf(op: Op): { layer: Layer; inputs: readonly Tensor[] } {
  const found = cases.get(op);
  if (found === undefined) throw new Error(`no sample network has the operator ${op}`);
  return found;
}

function runReals({ layer, inputs }: ReturnType<typeof caseOf>, change: (value: number) => number): FloatTensor {
  const changed = inputs.map((x) => floatTensor(x.shape, Float32Array.from(x.data, change)));
  return executeLayer(layer, changed, float32Arithmetic)[0] as FloatTensor;
}

it('the facts of every tensor are what running gives, in float and in codes', () => {
  let checked = 0;
  for (const sample of samples) {
    const tensors = tensorsOf(sample);
    const facts = factsOf(ofBatch(sample, BATCH));
    expect([...facts.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [name, { shape, quantization }] of facts) {
      const tensor = tensors.get(name) as Tensor;
      expect(tensor.shape).toEqual(shape);
      expect(tensor.kind === 'codes' ? tensor.quantization : undefined).toEqual(quantization);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(150);
});

describe.each(ops)('%s', (op) => {
  it('reads as many tensors as it says, and refuses another number', () => {
    const { layer } = caseOf(op);
    expect(operatorOf(layer).reads).toBe(layer.inputs.length);
    const more = { ...layer, inputs: [...layer.inputs, layer.inputs[0]] };
    expect(() => inputsOf(more, new Map([[layer.inputs[0], 0]]))).toThrow(
      `layer ${layer.name} reads ${more.inputs.length} tensors`,
    );
  });

  it('runs on codes, or refuses them by the name of the layer', () => {
    const { layer, inputs } = caseOf(op);
    const codes = inputs.map((x) => (x.kind === 'codes' ? x : quantize(x as FloatTensor, int8)));
    const run = () => executeLayer(layer, codes, exactArithmetic);
    if (operatorOf(layer).codes === undefined)
      expect(run).toThrow(`layer ${layer.name} (${op}) reads codes of int8: dequantize before it`);
    else if (isMacLayer(layer) && layer.weight.kind === 'float')
      expect(run).toThrow(`layer ${layer.name}: the input is codes, the weights are float`);
    else expect(run()).toHaveLength(layer.outputs.length);
  });

  it('keeps codes where it says so, and only operators that choose or clip do', () => {
    expect(keepsCodes(caseOf(op).layer, int8)).toBe(['flatten', 'maxPool', 'relu'].includes(op));
  });

  it('f(4 x) = 4 f(x), bit for bit, exactly where it is homogeneous', () => {
    const sample = caseOf(op);
    if (isMacLayer(sample.layer) || op === 'quantize' || op === 'dequantize' || op === 'add') return;
    const once = runReals(sample, (value) => value).data;
    const scaled = runReals(sample, (value) => 4 * value).data;
    const same = once.every((value, i) => 4 * value === scaled[i]);
    expect(same).toBe(operatorOf(sample.layer).homogeneous === true);
  });

  it('commutes with a monotone function, exactly where it only chooses', () => {
    const sample = caseOf(op);
    if (isMacLayer(sample.layer) || op === 'quantize' || op === 'dequantize') return;
    const cube = (value: number) => Math.fround(value * value * value) - 1;
    const before = runReals(sample, cube).data;
    const after = runReals(sample, (value) => value).data.map(cube);
    expect(before.every((value, i) => value === after[i])).toBe(operatorOf(sample.layer).chooses === true);
  });
});

it('what is lowered runs on the array, all else is counted beside it', () => {
  const lowered = lower(floats).map(({ layer }) => layer);
  const beside = operationsOf(floats);
  expect(lowered).toEqual(['conv1', 'conv2', 'fc1', 'fc2']);
  expect([...lowered, ...beside.keys()].sort()).toEqual(floats.layers.map(({ name }) => name).sort());
  const shapes = factsOf(floats);
  const size = (name: string) => sizeOf(shapes.get(name)?.shape ?? []);
  expect(beside.get('relu1')).toBe(size('conv1'));
  expect(beside.get('sum')).toBe(size('sum'));
  expect(beside.get('norm')).toBe(2 * size('sum')); // a product and a sum
  expect(beside.get('pool1')).toBe(4 * size('pool1')); // windows of 2 x 2
  expect(beside.get('flat')).toBe(0);
});

it('attributes that cannot be meant are refused', () => {
  const { layer } = caseOf('batchNorm');
  const wrong = { ...layer, shift: new Float32Array(1) } as Layer;
  expect(() => factsAfter(wrong, [{ shape: [1, 4, 2, 2] }])).toThrow('layer norm has 4 scales and 1 shifts');
  const conv = { ...caseOf('conv').layer, bias: new Float32Array(9) } as Layer;
  expect(() => factsAfter(conv, [{ shape: [1, 2, 9, 8] }])).toThrow('layer conv1 has 9 biases for 4 output channels');
});

it('an operator that there is not is refused by everybody, and written as none', () => {
  const odd = { op: 'sigmoid', name: 'odd', inputs: ['image'], outputs: ['odd'] } as unknown as Layer;
  const made = network('n', [4], [odd]);
  const refused = 'layer odd has the operator sigmoid: there are add averagePool';
  expect(() => execute(made, floatTensor([1, 4]), float32Arithmetic)).toThrow(refused);
  expect(() => writeOnnx(made)).toThrow(refused);
  expect(() => factsOf(made)).toThrow(refused);
  expect(() => modelOf(made, float32Arithmetic)).toThrow(refused);
});

it('a convention of requantization that there is not is refused', () => {
  const { layer, inputs } = (() => {
    for (const sample of integers) {
      const tensors = tensorsOf(sample);
      const found = sample.layers.find((each) => isMacLayer(each) && each.result.kind === 'requantize');
      if (found !== undefined) return { layer: found, inputs: inputsOf(found, tensors) };
    }
    throw new Error('no sample requantizes');
  })();
  if (!isMacLayer(layer)) throw new Error('not a product');
  const result = { ...layer.result, convention: 'tflite' } as unknown as typeof layer.result;
  expect(() => executeLayer({ ...layer, result }, inputs, exactArithmetic)).toThrow(
    `layer ${layer.name} requantizes by the convention tflite: there are onnx`,
  );
  const sample = integers.find(({ layers }) => layers.includes(layer)) as Network;
  const layers = sample.layers.map((each) => (each === layer ? { ...layer, result } : each));
  expect(() => writeOnnx({ ...sample, layers })).toThrow(
    `layer ${layer.name} requantizes by the convention tflite: ONNX has that of QLinearConv alone`,
  );
});
