import { expect, it } from 'vitest';
import { float32Arithmetic } from '../../src/networks/arithmetic.js';
import { executeAll } from '../../src/networks/execute.js';
import { functionNamed } from '../../src/networks/functions/index.js';
import type { GeneralLayer } from '../../src/networks/network.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { type FloatTensor, integerTensor, type Tensor } from '../../src/networks/tensor.js';
import { FUNCTION_CASES } from '../networks/functions/cases/index.js';
import { fileOf, type FunctionCase, imagesOf } from '../networks/functions/standard.js';

/** The layer of a case's function with all that it reads; nothing where the file, or its run, is refused. */
function called(test: FunctionCase): { layer: GeneralLayer; operands: (Tensor | undefined)[] } | undefined {
  const tensors = new Map<string, Tensor>([['x', imagesOf(test)]]);
  try {
    const network = readOnnx(fileOf(test, test.attributes ?? {}, 0), 'net.onnx');
    executeAll(network, new Map(tensors), float32Arithmetic, (name, tensor) => tensors.set(name, tensor));
    const layer = network.layers.find((each) => each.op === 'general' && each.function === test.node[0]);
    if (layer?.op !== 'general') return undefined;
    const operands = layer.operands.map((each) => (typeof each === 'number' ? tensors.get(layer.inputs[each]) : each));
    return { layer, operands };
  } catch {
    return undefined;
  }
}

/** Real numbers where there were integers, and the other way round. */
function ofAnotherKind(x: Tensor): Tensor {
  if (x.kind === 'float') return integerTensor(x.shape, 'int64', Float64Array.from(x.data, Math.trunc));
  return { kind: 'float', shape: x.shape, data: Float32Array.from(x.data) } satisfies FloatTensor;
}

/** What running it says, if anything. */
function complaint({ layer }: { layer: GeneralLayer }, operands: readonly (Tensor | undefined)[]): string {
  const around = { layer: 'y', arithmetic: float32Arithmetic, outputs: layer.outputs.length };
  try {
    functionNamed(layer.function).run(operands, layer.attributes, around);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Of each function the case with the most operands. */
const cases = new Map<string, FunctionCase>();
for (const test of FUNCTION_CASES) {
  const [name, operands] = test.node;
  const count = (given: string) => given.split(' ').filter((each) => each !== '_').length;
  if (count(cases.get(name)?.node[1] ?? '') < count(operands) || !cases.has(name)) cases.set(name, test);
}

const NAMED = /(?:as|lacks) operand (\d+)/;

it('a function that lacks an operand, or has one of another kind, names its place', () => {
  const told = new Set<string>();
  for (const test of cases.values()) {
    const found = called(test);
    if (found === undefined) continue;
    found.operands.forEach((operand, place) => {
      if (operand === undefined) return;
      for (const other of [ofAnotherKind(operand), undefined]) {
        const says = complaint(found, found.operands.with(place, other));
        const named = NAMED.exec(says);
        if (named === null) continue;
        expect(Number(named[1]), `${test.node.join(' of ')} without operand ${place + 1}: ${says}`).toBe(place + 1);
        told.add(`${test.node[0]} ${place + 1}`);
      }
    });
  }
  expect(told.size).toBeGreaterThan(150);
});
