import { type Chance, type Mutated, mutateBytes } from '../mutator.js';

/** Of a whole number in a binary file: edges of its usual widths. */
const WHOLE_EDGES = [
  0n,
  -1n,
  1n,
  2n,
  5n,
  127n,
  255n,
  65_536n,
  10n ** 9n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  -(2n ** 63n),
];
const REAL_EDGES = [0, -0, -1, 0.5, 1e-45, 1e-30, 3.4e38, 1e300, Number.NaN, Infinity, -Infinity];

type Holder = Record<string, unknown> | unknown[];

interface Place {
  holder: Holder;
  key: string;
  path: string;
}

/** Every value within a document or a message, but for protobuf's own `$` fields. */
function placesIn(value: unknown, path = ''): Place[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.keys(value)
    .filter((key) => !key.startsWith('$'))
    .flatMap((key) => {
      const place = { holder: value as Holder, key, path: `${path}/${key}` };
      return [place, ...placesIn((value as Record<string, unknown>)[key], place.path)];
    });
}

/** One value of the same type, so that a typed message can still be written. */
function typedEdge(value: unknown, chance: Chance): unknown {
  if (typeof value === 'bigint') return chance.of(WHOLE_EDGES);
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 2 ** 31
      ? chance.of([0, -1, 1, 2, 3, 6, 7, 11, 16, 127, 2 ** 31 - 1])
      : chance.of(REAL_EDGES);
  if (typeof value === 'string')
    return chance.of(['', 'x', `${value}x`, 'Conv', 'SAME_UPPER', 'com.microsoft', '1e999']);
  if (typeof value === 'boolean') return !value;
  if (value instanceof Uint8Array && value.length > 0) return mutateBytes(value, chance).value;
  return value;
}

/** A value in a report. */
function shown(value: unknown): string {
  return (
    JSON.stringify(value, (_key, field: unknown) => (typeof field === 'bigint' ? `${field}n` : field)) ?? 'undefined'
  );
}

/** One field of a typed message: an edge of its type, left out, doubled, or two exchanged. The message is changed. */
export function mutateMessage(message: object, chance: Chance): string {
  // Weights have many more numbers than all else; a list of scalars counts as a few places.
  const places = placesIn(message).filter(({ holder, key }) => !Array.isArray(holder) || Number(key) < 4);
  const { holder, key, path } = chance.of(places);
  const kind = chance.below(6);
  if (Array.isArray(holder) && kind < 3) {
    const at = Number(key);
    if (kind === 0) holder.splice(at, 1);
    else if (kind === 1) holder.splice(at, 0, holder[at]);
    else holder.push(...holder.splice(at, 1));
    return `${path} ${['gone', 'doubled', 'moved to the end'][kind]}`;
  }
  const fields = holder as Record<string, unknown>;
  const next = kind === 5 && !Array.isArray(holder) ? undefined : typedEdge(fields[key], chance);
  if (next === undefined) delete fields[key];
  else fields[key] = next;
  return `${path} -> ${next === undefined ? 'absent' : shown(next).slice(0, 40)}`;
}

const ANYTHING: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e9,
  2 ** 53,
  -(2 ** 31),
  '',
  'x',
  '1',
  [],
  {},
  [[]],
  [1, 2],
  { kind: 'x' },
  { name: 1 },
];

/** One value of a JSON document: an edge, another type, left out, renamed, or nested. A changed copy comes back. */
export function mutateJson(document: unknown, chance: Chance): Mutated<unknown> {
  const value = structuredClone(document);
  const { holder, key, path } = chance.of(placesIn(value));
  const fields = holder as Record<string, unknown>;
  const kind = chance.below(6);
  const old = fields[key];
  if (kind === 0) delete fields[key];
  else if (kind === 1) {
    delete fields[key];
    fields[chance.of([`${key}x`, key.toUpperCase(), '', '__proto__x', 'kind', 'name'])] = old;
  } else if (kind === 2) fields[key] = [old];
  else if (kind === 3) fields[key] = { [key]: old };
  else fields[key] = chance.of(ANYTHING);
  const what = ['gone', 'renamed', 'in a list', 'in a record'][kind] ?? `-> ${JSON.stringify(fields[key])}`;
  return { value, note: `${path} ${what}` };
}
