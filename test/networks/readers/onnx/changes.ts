import type { ProtoInit } from '../../../../src/networks/readers/onnx/proto.js';
import type { Case } from './cases.js';

/** Changes of one stored tensor alone: of a value, of its shape, of its type. */
type Stored = ProtoInit<'TensorProto'> & { dims: bigint[]; dataType: number; rawData: Uint8Array };
type Change = (tensor: Stored) => Partial<Stored> | undefined;

const [FLOAT, UINT8, INT8, INT32, INT64, DOUBLE, UINT32] = [1, 2, 3, 6, 7, 11, 12];
const VIEWS: Readonly<Record<number, (raw: Uint8Array) => Float32Array | Float64Array | Int32Array | BigInt64Array>> = {
  [FLOAT]: ({ buffer }) => new Float32Array(buffer),
  [DOUBLE]: ({ buffer }) => new Float64Array(buffer),
  [INT32]: ({ buffer }) => new Int32Array(buffer),
  [INT64]: ({ buffer }) => new BigInt64Array(buffer),
};

/** Another number in place of one; elements of other types are taken for bytes. */
function valued(at: 0 | -1, change: (value: number) => number): Change {
  return ({ dataType, rawData }) => {
    const raw = rawData.slice();
    const elements = VIEWS[dataType]?.(raw) ?? raw;
    const place = at === 0 ? 0 : elements.length - 1;
    const value = change(Number(elements[place]));
    if (elements instanceof BigInt64Array) elements[place] = BigInt(Number.isFinite(value) ? Math.trunc(value) : 0);
    else elements[place] = value;
    return { rawData: raw };
  };
}

const shaped =
  (change: (dims: readonly bigint[]) => bigint[]): Change =>
  ({ dims }) => ({ dims: change(dims) });

/** The same numbers in another type. */
const typed =
  (from: number, to: number, raw: (tensor: Stored) => Uint8Array): Change =>
  (tensor) =>
    tensor.dataType === from ? { dataType: to, rawData: raw(tensor) } : undefined;

const bytesOf = ({ buffer }: Float32Array | Float64Array | Int32Array | BigInt64Array) => new Uint8Array(buffer);

const CHANGES: Readonly<Record<string, Change>> = {
  'the first one more': valued(0, (value) => value + 1),
  'the first one less': valued(0, (value) => value - 1),
  'the first halved': valued(0, (value) => value / 2),
  'the first negated': valued(0, (value) => -value),
  'the first 0': valued(0, () => 0),
  'the first no number': valued(0, () => Number.NaN),
  'the first infinite': valued(0, () => Infinity),
  'the last one more': valued(-1, (value) => value + 1),
  'the last one less': valued(-1, (value) => value - 1),
  'an axis more before': shaped((dims) => [1n, ...dims]),
  'an axis more behind': shaped((dims) => [...dims, 1n]),
  'the axes reversed': shaped((dims) => [...dims].reverse()),
  'all in one axis': shaped((dims) => [dims.reduce((size, length) => size * length, 1n)]),
  float64: typed(FLOAT, DOUBLE, ({ rawData }) => bytesOf(Float64Array.from(new Float32Array(rawData.slice().buffer)))),
  unsigned: typed(INT8, UINT8, ({ rawData }) => rawData),
  signed: typed(UINT8, INT8, ({ rawData }) => rawData),
  int64: typed(INT32, INT64, ({ rawData }) =>
    bytesOf(BigInt64Array.from(new Int32Array(rawData.slice().buffer), BigInt)),
  ),
  uint32: typed(INT32, UINT32, ({ rawData }) => rawData),
  float32: typed(INT32, FLOAT, ({ rawData }) => bytesOf(Float32Array.from(new Int32Array(rawData.slice().buffer)))),
  int32: typed(INT64, INT32, ({ rawData }) =>
    bytesOf(Int32Array.from(new BigInt64Array(rawData.slice().buffer), Number)),
  ),
};

const text = ({ dims, dataType, rawData }: Stored) => `${dims.join('x')} ${dataType} ${rawData.join()}`;

/** Graphs with one tensor changed, by which and what. */
export function* variantsOf<T extends Pick<Case, 'initializers'>>(
  test: T,
  labels: readonly string[] = Object.keys(CHANGES),
): Generator<[string, T]> {
  for (const [place, proto] of (test.initializers ?? []).entries()) {
    const tensor = proto as Stored;
    for (const label of labels) {
      const changed = { ...tensor, ...CHANGES[label](tensor) };
      if (text(changed) === text(tensor)) continue;
      const initializers = test.initializers?.map((each, i) => (i === place ? changed : each));
      yield [`${proto.name}, ${label}`, { ...test, initializers }];
    }
  }
}
