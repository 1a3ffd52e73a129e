import { datapath, sumFit } from '../../../src/datapaths/datapath.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';

/** A unit with every kind of rounding that vectors aim at. */
export const MANY_SITES = datapath({
  name: 'many',
  a: formatNamed('fp16'),
  b: formatNamed('fp16'),
  product: fitTo(formatNamed('bf16')),
  lanes: 4,
  combine: { kind: 'tree', node: fitTo(formatNamed('fp16')) },
  sum: sumFit('fp32'),
  result: fitTo(formatNamed('e5m2')),
});

export const REQUANTIZED = datapath({
  name: 'requantized',
  a: formatNamed('int8'),
  b: formatNamed('int8'),
  sum: sumFit('int32'),
  requantize: { kind: 'shift', format: formatNamed('int8'), shift: 7, rounding: 'half-even' },
});

/** Chunks of two firings of two lanes, which meet in an outer register of their own. */
export const CHUNKED = datapath({
  name: 'chunked',
  a: formatNamed('e4m3fn'),
  b: formatNamed('e5m2'),
  lanes: 2,
  combine: { kind: 'fused', sumInside: false },
  sum: sumFit('fp16', { rounding: 'rtz' }),
  order: { kind: 'chunked', length: 4, outer: fitTo(formatNamed('e5m2'), { overflow: 'saturate' }) },
});
