import { widthOf } from '../formats/format.js';
import type { Chain } from './chains.js';
import { inputsOf, putOutputs } from './facts.js';
import { lookUp, lookUpPairs } from './lookUp.js';
import { type LaneStep, throughLanes } from './lanes.js';
import type { Layer } from './network.js';
import { codeTensor, numbersIn, sameNumbers } from './quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, type Quantization, sizeOf, type Tensor } from './tensor.js';

/** Elements of a block: what the steps between them write stays in the second-level cache. */
const BLOCK = 2 ** 14;
/** Codes of a byte at most are looked up. */
const BYTE = 8;

/** Runs one layer, which gives a tensor for each of its outputs. */
export type RunLayer = (layer: Layer, inputs: readonly Tensor[]) => readonly Tensor[];

/**
 * What steps over elements give: what each on its own would, since every element of a result depends on the elements in its
 * place alone. Where all they read are codes, the steps go over all codes, or pairs of them, once, and results are looked up;
 * real numbers go through registers where all steps can, and else through the steps block by block.
 */
export function runSteps(chain: Chain, inputs: readonly Tensor[], run: RunLayer): Tensor {
  const [{ shape }] = inputs;
  const size = sizeOf(shape);
  if (inputs.some((input) => !isOfElements(input) || input.shape.join() !== shape.join()))
    return oneByOne(chain, inputs, run);
  if (inputs.every(isBytes)) {
    const table = chain.layers.length >= inputs.length ? tableOf(chain, inputs, size, run) : undefined;
    if (table !== undefined) return lookedUp(table, inputs);
  }
  if (chain.lanes !== undefined && inputs.every(isFloat32)) return inLanes(chain.lanes, inputs);
  return chain.layers.length === 1 || size <= BLOCK ? oneByOne(chain, inputs, run) : inBlocks(chain, inputs, run);
}

/** Real numbers, or codes that all mean the same, so that an element may be anywhere. */
function isOfElements(tensor: Tensor): boolean {
  if (tensor.kind !== 'codes') return tensor.kind === 'float';
  const { scale, zeroPoint } = tensor.quantization;
  return scale.length === 1 && typeof zeroPoint === 'number';
}

function isFloat32(tensor: Tensor): tensor is FloatTensor {
  return tensor.kind === 'float' && tensor.type === undefined;
}

function inLanes(steps: readonly LaneStep[], inputs: readonly FloatTensor[]): Tensor {
  const [{ shape }] = inputs;
  const result = throughLanes(steps, ...inputs.map(({ data }) => data));
  const { codes } = steps[steps.length - 1];
  return result instanceof Uint8Array ? codeTensor(shape, result, codes as Quantization) : floatTensor(shape, result);
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
  return (
    tensor.kind === 'codes' && widthOf(tensor.quantization.fit.format) <= BYTE && tensor.data instanceof Uint8Array
  );
}

const countOf = ({ quantization: { fit } }: CodeTensor) => 2 ** widthOf(fit.format);

/** What is known of a chain that reads codes which mean this. */
interface Known {
  quantizations: readonly Quantization[];
  /** Theirs, as long as the table holds. */
  numbers: readonly number[];
  /** Elements that have gone through it without a table. */
  seen: number;
  table?: Tensor;
}

const tables = new WeakMap<Chain, Known>();

/**
 * Results of all codes, or of all pairs, those with the first of the one code first; undefined until as many elements have
 * gone through the steps as it has.
 */
function tableOf(chain: Chain, inputs: readonly Bytes[], elements: number, run: RunLayer): Tensor | undefined {
  const quantizations = inputs.map(({ quantization }) => quantization);
  const numbers = quantizations.flatMap(numbersIn);
  let known = tables.get(chain);
  const isKnown = known?.quantizations.every((q, i) => q === quantizations[i]) && sameNumbers(known.numbers, numbers);
  if (known === undefined || !isKnown) tables.set(chain, (known = { quantizations, numbers, seen: 0 }));
  if (known.table !== undefined) return known.table;
  const counts = inputs.map(countOf);
  const size = counts.reduce((product, count) => product * count);
  known.seen += elements;
  if (known.seen < size) return undefined;
  const all = inputs.map((input, place) => {
    const data = new Uint8Array(size);
    const same = counts.slice(place + 1).reduce((product, count) => product * count, 1);
    for (let i = 0; i < size; i++) data[i] = Math.floor(i / same) % counts[place];
    return { ...input, shape: [size], data };
  });
  known.table = inBlocks(chain, all, run);
  return known.table;
}

function lookedUp(table: Tensor, [x, y]: readonly Bytes[]): Tensor {
  const output = emptyLike(table, x.shape);
  if (y === undefined) lookUp(table.data, x.data, output.data);
  else lookUpPairs(table.data, countOf(y), x.data, y.data, output.data);
  return output;
}
