import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isMacLayer, type Layer, opNameOf } from '../../src/networks/network.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { type Case, CASES } from '../networks/readers/onnx/cases.js';
import { variantsOf } from '../networks/readers/onnx/changes.js';
import { functionCases, pairCases, productCases } from '../networks/readers/onnx/quantizedCases.js';
import { graphOf } from '../networks/readers/onnx/trial.js';

/**
 * The layers that each graph of one operator becomes, at every value of its attributes and with each stored tensor changed:
 * what runs on the array, what is folded away, what a function does. The values have their oracles in
 * test/networks/readers/onnx; this holds which way there was taken. LASTBIT_WRITE=1 writes layers.txt anew.
 */
const FILE = join(import.meta.dirname, 'layers.txt');

function named(layer: Layer): string {
  const result = isMacLayer(layer) && layer.result.kind !== 'float' ? `:${layer.result.kind}` : '';
  const bias = isMacLayer(layer) && layer.bias !== undefined ? '+bias' : '';
  return `${opNameOf(layer)}${result}${bias}${layer.rule === undefined ? '' : `(${layer.rule})`}`;
}

/** A refusal is told elsewhere: here it is that there was one. */
function layersOf(bytes: Uint8Array, rules?: 'ort-unfused'): string {
  try {
    return (
      readOnnx(bytes, 'net.onnx', rules && { rules })
        .layers.map(named)
        .join(' ') || 'none'
    );
  } catch {
    return 'refused';
  }
}

/** Of shape and type, and of a number by which a Max is no ReLU. */
const CHANGES = [
  ...['an axis more before', 'an axis more behind', 'the axes reversed', 'all in one axis', 'the first one more'],
  ...['float64', 'unsigned', 'signed', 'int64', 'uint32', 'float32', 'int32'],
];

function* waysOf(test: Case): Generator<[string, Uint8Array]> {
  const own = test.attributes ?? {};
  yield ['as it is', graphOf(test, own)];
  for (const [name, values] of Object.entries(test.values))
    for (const value of values) yield [`${name} = ${JSON.stringify(value)}`, graphOf(test, { ...own, [name]: value })];
  for (const [change, changed] of variantsOf(test, CHANGES)) yield [change, graphOf(changed, own)];
}

/** What a case becomes as it is, and which of its ways become something else. */
function text(title: string, [[, own], ...ways]: readonly [string, Uint8Array][]): string {
  const usual = layersOf(own);
  const others = new Map<string, string[]>();
  for (const [way, bytes] of ways) {
    const layers = layersOf(bytes);
    if (layers !== usual) others.set(layers, [...(others.get(layers) ?? []), way]);
  }
  const lines = [...others].map(([layers, list]) => `  ${layers}: ${list.join('; ')}\n`);
  return `${title}: ${usual}\n${lines.join('')}`;
}

it('graphs become the layers that layers.txt has', () => {
  const single = CASES.map((test, i) => text(`${test.node[0]} (${i})`, [...waysOf(test)]));
  const pairs = pairCases(8).filter(({ name }) => name.endsWith('scales 0'));
  const quantized = [...pairs, ...productCases(), ...functionCases()].map(
    ({ name, bytes }) => `${name}: ${layersOf(bytes)}\n  unfused: ${layersOf(bytes, 'ort-unfused')}\n`,
  );
  const all = [...single, ...quantized].join('');
  if (process.env.LASTBIT_WRITE === '1') writeFileSync(FILE, all);
  expect(all).toBe(readFileSync(FILE, 'utf8'));
});
