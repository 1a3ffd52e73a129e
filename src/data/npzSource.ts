import { arrayColumn } from './arrayFile.js';
import { divide } from './divide.js';
import { labelsOfArray } from './labels.js';
import { NUMBER_TYPES, type NumberArray, shapeText } from './numbers.js';
import { readNpz } from './npz.js';
import { namesOf } from './ports.js';
import type { DataSource, PortShape, SampleColumn, SourcePlan } from './samples.js';

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
export function readNpzSource(bytes: Uint8Array, path: string, plan: SourcePlan): DataSource {
  const arrays = readNpz(bytes, path);
  const { taken, stored, label } = rolesIn(arrays, path, plan);
  const arrayOf = (name: string) => arrays.get(name) as NumberArray;
  const columns = [...taken].map(([port, name]): [string, SampleColumn] => {
    const place = arrays.size === 1 ? path : `${path}:${name}`;
    return [port.name, arrayColumn(arrayOf(name), port, { path: place, layout: plan.layout })];
  });
  return {
    path,
    columns: new Map(columns),
    ...(label !== undefined && { labels: labelsOfArray(arrayOf(label), `${path}:${label}`) }),
    ...storedOutputs(stored, arrays, columns[0][1].count, path),
  };
}

/** What the arrays of a file are for, by name. */
interface NpzRoles {
  taken: ReadonlyMap<PortShape, string>;
  stored: readonly PortShape[];
  label?: string;
}

/** @throws Error where an input has no array, or an array no use */
function rolesIn(
  arrays: ReadonlyMap<string, NumberArray>,
  path: string,
  { inputs, outputs, isNamed }: SourcePlan,
): NpzRoles {
  const taken = new Map(inputs.filter(({ name }) => arrays.has(name)).map((port) => [port, port.name]));
  const used = new Set(taken.values());
  const stored = outputs.filter(({ name }) => !used.has(name) && isStoredOutput(arrays.get(name), name));
  for (const { name } of stored) used.add(name);
  const label = LABEL_NAMES.find((name) => arrays.has(name) && !used.has(name));
  const rest = [...arrays.keys()].filter((name) => !used.has(name) && name !== label);
  const only = INPUT_NAMES.find((name) => rest.includes(name)) ?? (rest.length === 1 ? rest[0] : undefined);
  if (inputs.length === 1 && taken.size === 0 && only !== undefined) taken.set(inputs[0], only);
  const isExtra = (name: string) => name !== taken.get(inputs[0]) && !UNREAD.includes(name);
  if (taken.size === inputs.length && (isNamed || !rest.some(isExtra))) return { taken, stored, label };
  const found = [...arrays.keys()].map((name) => `"${name}"`).join(', ');
  throw new Error(
    `${path} holds ${found}, and the network reads ${namesOf(inputs)}: name the arrays so, and labels "y"`,
  );
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
