import { arrayColumn } from './arrayFile.js';
import { divide } from './divide.js';
import { type ClassLabels, labelsOfArray } from './labels.js';
import { NUMBER_TYPES, type NumberArray, shapeText } from './numbers.js';
import { readNpz } from './npz.js';
import { namesOf } from './ports.js';
import type { DataLayout, DataSource, PortShape, SampleColumn } from './samples.js';

/** Names under which the only input's samples, and their labels, are kept by those who have no network in mind. */
const INPUT_NAMES = ['x', 'x_test', 'data', 'images'];
const LABEL_NAMES = ['y', 'y_test', 'label', 'labels'];
/** The part of a set that is trained on, beside the one that is tested with. */
const UNREAD = ['x_train', 'y_train'];

/**
 * An .npz file: arrays named as inputs, or for one input `x`, `x_test`, `data`, `images` or the only array that is nothing
 * else; labels as `y`, `y_test`, `label` or `labels`; arrays named as outputs are stored outputs.
 * @throws Error with one line that names the arrays found and the inputs wanted
 */
export function readNpzSource(
  bytes: Uint8Array,
  path: string,
  inputs: readonly PortShape[],
  outputs: readonly PortShape[],
  layout?: DataLayout,
): DataSource {
  const arrays = readNpz(bytes, path);
  const named = new Map<string, string>();
  for (const { name } of inputs) if (arrays.has(name)) named.set(name, name);
  const isTaken = (name: string) => [...named.values()].includes(name);
  const stored = outputs.filter(({ name }) => !isTaken(name) && isStoredOutput(arrays.get(name), name));
  const labelName = LABEL_NAMES.find(
    (name) => arrays.has(name) && !isTaken(name) && !stored.some((p) => p.name === name),
  );
  const rest = [...arrays.keys()].filter(
    (name) => !isTaken(name) && name !== labelName && !stored.some((port) => port.name === name),
  );
  const only = INPUT_NAMES.find((name) => rest.includes(name)) ?? (rest.length === 1 ? rest[0] : undefined);
  if (inputs.length === 1 && named.size === 0 && only !== undefined) named.set(inputs[0].name, only);
  const missing = inputs.filter(({ name }) => !named.has(name));
  const extra = rest.filter((name) => !isTaken(name) && !UNREAD.includes(name));
  if (missing.length > 0 || extra.length > 0)
    throw new Error(
      `${path} holds ${[...arrays.keys()].map((name) => `"${name}"`).join(', ')}, and the network reads ${namesOf(inputs)}: name the arrays so, and labels "y"`,
    );
  const columns = inputs.map((port): [string, SampleColumn] => {
    const name = named.get(port.name) as string;
    const place = arrays.size === 1 ? path : `${path}:${name}`;
    return [port.name, arrayColumn(arrays.get(name) as NumberArray, port, { path: place, layout })];
  });
  const labels: ClassLabels =
    labelName === undefined
      ? {}
      : { labels: labelsOfArray(arrays.get(labelName) as NumberArray, `${path}:${labelName}`) };
  return { path, columns: new Map(columns), ...labels, ...storedOutputs(stored, arrays, columns[0][1].count, path) };
}

/** Whether an array named as an output is one: `y` as one whole number a sample is more likely the labels. */
function isStoredOutput(array: NumberArray | undefined, name: string): array is NumberArray {
  if (array === undefined) return false;
  const isOneEach = array.shape.slice(1).every((length) => length === 1);
  return !(LABEL_NAMES.includes(name) && isOneEach && NUMBER_TYPES[array.type].kind === 'whole');
}

function storedOutputs(
  ports: readonly PortShape[],
  arrays: ReadonlyMap<string, NumberArray>,
  count: number,
  path: string,
): Pick<DataSource, 'expected'> {
  if (ports.length === 0) return {};
  const divided = ports.map((port) => {
    const array = arrays.get(port.name) as NumberArray;
    const parts = divide(array, port, undefined, `${path}:${port.name}`);
    if (parts.count !== count)
      throw new Error(
        `${path}:${port.name} holds ${shapeText(array.shape)}, outputs of ${parts.count}, and the inputs are ${count}`,
      );
    return [port.name, parts] as const;
  });
  return { expected: (i) => new Map(divided.map(([name, { part }]) => [name, part(i)])) };
}
