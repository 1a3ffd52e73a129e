import { codeArray } from '../datapaths/kernel/index.js';
import { widthOf } from '../formats/format.js';
import type { Chain } from './chains.js';
import { inputsOf, putOutputs } from './facts.js';
import { lookUp, lookUpPairs } from './functions/pairTable.js';
import type { Layer } from './network.js';
import { type CodeTensor, type Quantization, sizeOf, type Tensor } from './tensor.js';

/** Elements of a block: what the steps between them write stays in the second-level cache. */
const BLOCK = 2 ** 14;
/** Codes of a byte at most are looked up. */
const BYTE = 8;

/** Runs one layer, which gives a tensor for each of its outputs. */
export type RunLayer = (layer: Layer, inputs: readonly Tensor[]) => readonly Tensor[];

/**
 * What steps over elements give: what each on its own would, since every element of a result depends on the elements in its
 * place alone. Where all they read are codes, and more of them than there are different ones, the steps go over all codes, or
 * pairs of them, once, and results are looked up. Else they go over the elements block by block.
 */
export function runSteps(chain: Chain, inputs: readonly Tensor[], run: RunLayer): Tensor {
  const [{ shape }] = inputs;
  const size = sizeOf(shape);
  if (inputs.some((input) => input.kind === 'integers' || input.shape.join() !== shape.join()))
    return oneByOne(chain, inputs, run);
  const bytes = inputs.filter(isBytes);
  const pairs = bytes.reduce((product, each) => product * countOf(each), 1);
  if (bytes.length === inputs.length && pairs <= size && chain.layers.length >= inputs.length)
    return lookedUp(tableOf(chain, bytes, run), bytes);
  return chain.layers.length === 1 || size <= BLOCK ? oneByOne(chain, inputs, run) : inBlocks(chain, inputs, run);
}

function oneByOne({ layers, inputs: names, outputs }: Chain, inputs: readonly Tensor[], run: RunLayer): Tensor {
  const tensors = new Map(names.map((name, i) => [name, inputs[i]]));
  for (const layer of layers) putOutputs(layer, run(layer, inputsOf(layer, tensors)), tensors);
  return tensors.get(outputs[0]) as Tensor;
}

function inBlocks(chain: Chain, inputs: readonly Tensor[], run: RunLayer): Tensor {
  const [{ shape }] = inputs;
  const size = sizeOf(shape);
  let output: Tensor | undefined;
  for (let first = 0; first < size; first += BLOCK) {
    const end = Math.min(size, first + BLOCK);
    const part = oneByOne(
      chain,
      inputs.map((input) => partOf(input, first, end)),
      run,
    );
    output ??= emptyLike(part, shape);
    output.data.set(part.data, first);
  }
  return output as Tensor;
}

function partOf(tensor: Tensor, first: number, end: number): Tensor {
  return { ...tensor, shape: [end - first], data: tensor.data.subarray(first, end) } as Tensor;
}

function emptyLike(tensor: Tensor, shape: readonly number[]): Tensor {
  const make = tensor.data.constructor as new (length: number) => Tensor['data'];
  return { ...tensor, shape, data: new make(sizeOf(shape)) } as Tensor;
}

interface Bytes extends CodeTensor {
  data: Uint8Array;
}

function isBytes(tensor: Tensor): tensor is Bytes {
  return tensor.kind === 'codes' && widthOf(tensor.quantization.fit.format) <= BYTE && tensor.data instanceof Uint8Array;
}

const countOf = ({ quantization: { fit } }: CodeTensor) => 2 ** widthOf(fit.format);

interface Table {
  quantizations: readonly Quantization[];
  results: Tensor;
}

const tables = new WeakMap<Chain, Table>();

/** Results of all codes, or of all pairs, those with the first of the one code first; made once for what the codes mean. */
function tableOf(chain: Chain, inputs: readonly Bytes[], run: RunLayer): Tensor {
  const quantizations = inputs.map(({ quantization }) => quantization);
  let table = tables.get(chain);
  if (table === undefined || quantizations.some((q, i) => q !== table?.quantizations[i])) {
    const counts = inputs.map(countOf);
    const size = counts.reduce((product, count) => product * count);
    const all = inputs.map((input, place) => {
      const data = codeArray(input.quantization.fit.format, size);
      const run = counts.slice(place + 1).reduce((product, count) => product * count, 1);
      for (let i = 0; i < size; i++) data[i] = Math.floor(i / run) % counts[place];
      return { ...input, shape: [size], data };
    });
    tables.set(chain, (table = { quantizations, results: inBlocks(chain, all, run) }));
  }
  return table.results;
}

function lookedUp(table: Tensor, [x, y]: readonly Bytes[]): Tensor {
  const output = emptyLike(table, x.shape);
  if (y === undefined) lookUp(table.data, x.data, output.data);
  else lookUpPairs(table.data, countOf(y), x.data, y.data, output.data);
  return output;
}
