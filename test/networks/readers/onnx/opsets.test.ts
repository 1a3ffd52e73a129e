import { expect, it } from 'vitest';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import type { AttributeValue } from '../../../../src/networks/readers/onnx/sheet.js';
import { bytesOf, op, tensor } from './graphs.js';

/** Where the standard's operators change: an attribute that goes is refused from then on, one that comes was refused before. */
interface Change {
  node: [type: string, inputs: string];
  attributes: Record<string, AttributeValue>;
  input: readonly (number | string)[];
  /** The last opset that has the attribute, or the first. */
  last?: number;
  first?: number;
  /** Of the refusal. */
  says: string;
}

const f = (value: number) => ({ f: value });
const CHANGES: readonly Change[] = [
  {
    node: ['Clip', 'x'],
    attributes: { min: f(0) },
    input: ['N', 4],
    last: 10,
    says: 'has min = 0, an attribute that is not supported',
  },
  {
    node: ['Pad', 'x'],
    attributes: { pads: [0, 0, 1, 1, 0, 0, 1, 1] },
    input: ['N', 2, 5, 5],
    last: 10,
    says: 'lacks its pads',
  },
  {
    node: ['Unsqueeze', 'c'],
    attributes: { axes: [1, 2] },
    input: ['N', 2, 5, 5],
    last: 12,
    says: 'has axes = [1 2], an attribute that is not supported',
  },
  {
    node: ['Squeeze', 'p'],
    attributes: { axes: [2, 3] },
    input: ['N', 2, 5, 5],
    last: 12,
    says: 'has axes = [2 3], an attribute that is not supported',
  },
  {
    node: ['ReduceMean', 'x'],
    attributes: { axes: [2, 3] },
    input: ['N', 2, 5, 5],
    last: 17,
    says: 'has axes = [2 3], an attribute that is not supported',
  },
  { node: ['Dropout', 'x'], attributes: { ratio: f(0.5) }, input: ['N', 4], last: 11, says: 'has ratio = 0.5' },
  { node: ['Dropout', 'x'], attributes: { seed: 3 }, input: ['N', 4], first: 12, says: 'has seed = 3' },
  {
    node: ['Cast', 'c'],
    attributes: { to: 1, round_mode: 'up' },
    input: ['N', 2],
    first: 24,
    says: 'has round_mode = "up"',
  },
];

/** What reading the node at an opset says, or nothing. */
function complaint({ node: [type, inputs], attributes, input }: Change, opset: number): string | undefined {
  const graph = {
    input,
    opset,
    nodes: [
      ...(inputs === 'p' ? [op('GlobalAveragePool', 'x', 'p')] : []),
      op(type, inputs, 'y', attributes),
      ...(inputs === 'c' ? [op('Mul', 'x y', 'out')] : []),
      ...(type === 'Pad' ? [op('Conv', 'y w', 'out')] : []),
      ...(type === 'Dropout' ? [op('Relu', 'y', 'out')] : []),
    ],
    initializers: [tensor('c', 'FLOAT', [2], [1, 2]), tensor('w', 'FLOAT', [1, 2, 1, 1], [1, 2])],
  };
  try {
    readOnnx(bytesOf(graph), 'net.onnx');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

it.each(CHANGES.map((change) => [change.node[0], Object.keys(change.attributes).at(-1), change] as const))(
  '%s: %s',
  (type, _, change) => {
    const { last = 26, first = 7, says } = change;
    for (let opset = 7; opset <= 26; opset++) {
      const found = complaint(change, opset);
      const had = opset >= first && opset <= last;
      expect(found?.startsWith(`net.onnx: node y (${type}): ${says}`), `opset ${opset}: ${found}`).toBe(
        had ? undefined : true,
      );
    }
  },
);

/** What each gives is held in test/networks/functions/opsets.test.ts. */
it('Softmax over images is read, whose axis was 1 until opset 12, and is the last one since', () => {
  const complaintAt = (opset: number) =>
    complaint({ node: ['Softmax', 'x'], attributes: {}, input: ['N', 2, 3, 4], says: '' }, opset);
  expect([complaintAt(12), complaintAt(13)]).toEqual([undefined, undefined]);
});

it('opsets 7 to 26 are read', () => {
  const change: Change = { node: ['Relu', 'x'], attributes: {}, input: ['N', 4], says: '' };
  expect(complaint(change, 6)).toBe('net.onnx: asks for opset 6: 7 to 26 are supported');
  for (let opset = 7; opset <= 26; opset++) expect(complaint(change, opset)).toBeUndefined();
  expect(complaint(change, 27)).toBe('net.onnx: asks for opset 27: 7 to 26 are supported');
});
