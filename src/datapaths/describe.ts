import { findFormat } from '../formats/catalog.js';
import type { Fit } from '../formats/codec.js';
import type { Format } from '../formats/format.js';
import { type Rounding, stochastic } from '../formats/rounding.js';
import type { Datapath } from './datapath.js';

/** A datapath as a datapath file has it: formats by their names, and fields that hold their default left out. */
export function describeDatapath(datapath: Datapath): Record<string, unknown> {
  const { product, lanes, combine, order, operands, sum, ...rest } = datapath;
  return {
    ...(described(rest) as object),
    ...(product === 'exact' ? {} : { product: described(product) }),
    ...(lanes === 1 ? {} : { lanes }),
    ...(combine.kind === 'chain' ? {} : { combine: described(combine) }),
    sum: described(sum),
    ...(order.kind === 'sequential' ? {} : { order: described(order) }),
    ...(operands === sum.subnormals ? {} : { operands }),
  };
}

/** Replaces the formats and roundings anywhere in a record by what a file would say. */
function described(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(described);
  if (typeof value !== 'object' || value === null) return value;
  if (isFormat(value)) return describeFormat(value);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    entries.map(([key, field]) => [key, key === 'rounding' ? describeRounding(field as Rounding) : described(field)]),
  );
}

function isFormat(value: object): value is Format {
  return 'kind' in value && ['int', 'float', 'table'].includes(value.kind as string) && 'name' in value;
}

function describeRounding(rounding: Rounding): unknown {
  if (typeof rounding === 'string') return rounding;
  const { bits, lfsr, perOutput } = rounding.stochastic;
  const usual = JSON.stringify(stochastic(bits)) === JSON.stringify(rounding);
  return usual ? `stochastic:${bits}` : { stochastic: { bits, perOutput, lfsr } };
}

/** A format's name where the catalogue has it, else its record without `kind`. */
export function describeFormat(format: Format): unknown {
  if (JSON.stringify(findFormat(format.name)) === JSON.stringify(format)) return format.name;
  const { kind: _kind, ...fields } = format;
  return fields;
}

/** One line for a fit: "fp16 rne ieee keep". */
export function describeFit({ format, rounding, overflow, subnormals }: Fit): string {
  const how = typeof rounding === 'string' ? rounding : `stochastic:${rounding.stochastic.bits}`;
  return [format.name, how, overflow, ...(format.kind === 'float' ? [subnormals] : [])].join(' ');
}
