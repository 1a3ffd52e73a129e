// node test/bench/gemm.js: million MAC/s of the kernels, packing included, beside a plain scalar loop, the reference, and the plain
// algorithms in C where gcc is there; statistics as a multiple of the sums' time. Options: --json, --quick (256 only), --only NAME.
import { cpus } from 'node:os';
import { datapathNamed } from '../../dist/datapaths/catalog.js';
import { datapath, sumFit } from '../../dist/datapaths/datapath.js';
import { compileGemm, valuesOf } from '../../dist/datapaths/kernel/index.js';
import { referenceGemm } from '../../dist/datapaths/kernel/float64/reference.js';
import { weightOf } from '../../dist/datapaths/kernel/float64/align.js';
import { formatNamed } from '../../dist/formats/catalog.js';
import { stochastic } from '../../dist/formats/rounding.js';
import { best, codes, scalesOf } from './measure.js';
import { nativeYardstick } from './native.js';

const e4m3fn = formatNamed('e4m3fn');
const int8 = formatNamed('int8');
const own = (name, format, sum) => datapath({ name, a: format, b: format, sum });

/** Codes of integers so small that 16 bits hold every sum of them. */
const inside = (format, length, seed) => codes(format, length, seed).map((code) => (code % 41) - 20);

/**
 * `bar`: million MAC/s that the project wants of the row; `native`: the kernel's name in native.js; `draw`: other operands than
 * ordinary ones; `slow`: 256 only.
 */
const ROWS = [
  { unit: datapathNamed('int8'), native: 'int8', bar: 30_000 },
  { unit: own('int8-sat16', int8, sumFit('int16', { overflow: 'saturate' })), native: 'sat16', bar: 25_000 },
  { unit: own('int8-sat16-inside', int8, sumFit('int16', { overflow: 'saturate' })), draw: inside },
  { unit: own('int8-sat20', int8, sumFit('int20', { overflow: 'saturate' })), native: 'sat20' },
  { unit: datapathNamed('xnor'), native: 'xnor', bar: 120_000 },
  { unit: datapathNamed('fp8-fp16'), native: 'fp16', bar: 4000 },
  { unit: datapathNamed('fp8-fp32'), native: 'fp32', bar: 20_000 },
  { unit: own('fp8-fp32-rtz', e4m3fn, sumFit('fp32', { rounding: 'rtz' })), native: 'rtz', bar: 4000 },
  { unit: own('fp8-fp32-stochastic', e4m3fn, sumFit('fp32', { rounding: stochastic(8) })), native: 'stochastic', bar: 4000 },
  { unit: own('fp8-fp32-each', e4m3fn, sumFit('fp32', { rounding: stochastic(8, 1, true) })), slow: true },
  { unit: own('fp8-fixed24', e4m3fn, sumFit('int24q4', { rounding: 'rtz', overflow: 'saturate' })) },
  { unit: datapathNamed('hopper-e4m3fn-fp32'), native: 'aligned', bar: 2500 },
  { unit: datapathNamed('int4'), native: 'sat16', bar: 30_000 },
  { unit: datapathNamed('radix4'), native: 'int8' },
  { unit: datapathNamed('radix4-fp16') },
  ...['volta-fp16-fp32', 'hopper-fp16-fp32', 'cdna2-bf16-fp32', 'cdna3-fp16-fp32', 'blackwell-mxfp8', 'blackwell-nvf4'].map((name) => ({
    unit: datapathNamed(name),
  })),
];

const argument = (name) => process.argv.includes(name);
const json = argument('--json');
const only = process.argv[process.argv.indexOf('--only') + 1];
const sizes = argument('--quick') ? [256] : [256, 1024];

/** What one would write first: three loops over decoded values, and the register's rule in the innermost. */
function plainLoop({ a, b, sum, combine }, { m, n, k, a: rows, b: columns }) {
  const x = Float64Array.from(rows, (code) => valuesOf(a)[code]);
  const y = Float64Array.from(columns, (code) => valuesOf(b)[code]);
  const single = combine.kind === 'chain' && sum.format.name === 'fp32' && sum.rounding === 'rne';
  const [low, high] = sum.format.kind === 'int' ? [-(2 ** (sum.format.bits - 1)), 2 ** (sum.format.bits - 1) - 1] : [];
  if (low === undefined && !single) return undefined;
  const add = single ? Math.fround : sum.overflow === 'wrap' ? (s) => s | 0 : (s) => Math.max(low, Math.min(high, s));
  const sums = new Float64Array(m * n);
  return () => {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let p = 0; p < k; p++) total = add(total + x[i * k + p] * y[p * n + j]);
        sums[i * n + j] = total;
      }
  };
}

/** Codes and tables as native.js reads them: bytes of a, of b, then lane values (and weights). */
function nativeData(row, job) {
  const values = valuesOf(row.unit.a);
  const lanes = { int8: Int16Array, sat16: Int16Array, sat20: Int32Array, rtz: Float64Array, stochastic: Float64Array }[row.native] ?? Float32Array;
  const table = lanes.from(values, (value) => (value === value ? value : 0));
  const weights = row.native === 'aligned' ? Float32Array.from(values, (v) => (v ? weightOf(row.unit.a, v) : 0)) : new Float32Array(0);
  const bytes = [job.a, job.b, table, weights].map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
  return Buffer.concat([...bytes, Buffer.alloc(1 << 14)]);
}

const yardstick = nativeYardstick();

function measure(row, size) {
  const { unit, draw = codes } = row;
  const operands = { a: draw(unit.a, size * size, 7), b: draw(unit.b, size * size, 11), ...scalesOf(unit, size) };
  const job = { m: size, n: size, k: size, ...operands };
  const speed = (milliseconds, macs = size ** 3) => macs / milliseconds / 1e3;
  const gemm = compileGemm(unit);
  const time = best(() => gemm.sums(job), size > 256 ? 1500 : 700);
  const rate = speed(time);
  const statistics = size === 256 ? best(() => gemm.stats(job), 300) / time : undefined;
  const small = { m: 4, n: 4, k: 256, ...scalesOf(unit, 256), a: job.a.subarray(0, 1024), b: job.b.subarray(0, 1024) };
  const reference = speed(best(() => referenceGemm(unit, unit.order, '').sums(small), 1), 4096);
  const loop = size === 256 ? plainLoop(unit, job) : undefined;
  const scalar = loop === undefined ? undefined : speed(best(loop, 1));
  const native = {};
  if (row.native !== undefined)
    for (const width of yardstick?.widths ?? [])
      native[width * 8] = speed(yardstick.time(width, row.native, size, size > 256 ? 10 : 100, nativeData(row, job)));
  return { datapath: unit.name, size, route: gemm.route, rate, bar: row.bar, statistics, scalar, reference, native };
}

const rows = ROWS.filter(({ unit }) => !argument('--only') || unit.name === only);
const results = sizes.flatMap((size) =>
  rows.filter(({ slow }) => !slow || size === 256).map((row) => measure(row, size)),
);
yardstick?.close();

if (json) console.log(JSON.stringify({ node: process.version, cpu: cpus()[0].model, results }, null, 2));
else {
  const number = (value, digits = 0) => (Number.isFinite(value) ? value.toFixed(digits) : '-');
  const ratio = (value, to, digits = 2) => (Number.isFinite(to) ? (value / to).toFixed(digits) : '-');
  console.log(`million MAC/s on one thread, packing included; Node ${process.version}, ${cpus()[0].model}`);
  console.log('datapath             size  route              M MAC/s     bar  statistics  x scalar  x reference  of C-128  of C-512');
  for (const { datapath: name, size, route, rate, bar, statistics, scalar, reference, native } of results)
    console.log(
      [
        name.padEnd(20),
        String(size).padStart(4),
        route.padEnd(17).padStart(18),
        number(rate).padStart(8),
        (bar === undefined ? '-' : String(bar)).padStart(8),
        `${number(statistics, 1)} x`.padStart(11),
        ratio(rate, scalar, 1).padStart(9),
        ratio(rate, reference, 0).padStart(12),
        ratio(rate, native[128]).padStart(9),
        ratio(rate, native[512]).padStart(9),
      ].join(' '),
    );
  if (yardstick === undefined) console.log('no gcc here: the ratios to C are left out');
}
