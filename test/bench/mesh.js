// node test/bench/mesh.js: million MAC/s of the clocked array, 32 x 32 PEs with every register kept after every edge, alone
// and with an observer that reads all sums. Options: --json, --quick (a tenth of a second each), --only NAME.
import { cpus } from 'node:os';
import { runMesh } from '../../dist/arrays/clocked.js';
import { macArray, orderOf } from '../../dist/arrays/dataflow.js';
import { datapathNamed } from '../../dist/datapaths/catalog.js';
import { datapath, sumFit } from '../../dist/datapaths/datapath.js';
import { compileUnit } from '../../dist/datapaths/kernel/index.js';
import { formatNamed } from '../../dist/formats/catalog.js';
import { stochastic } from '../../dist/formats/rounding.js';
import { best, codes } from './measure.js';

const BAR = 100;
const SIZE = 32;
/** Words that stream through each row of a tile; 2 x 2 tiles. */
const STEPS = 256;
const e4m3fn = formatNamed('e4m3fn');
const fp16 = formatNamed('fp16');
const UNITS = [
  ...['int8', 'fp8-fp16', 'fp8-fp32', 'xnor', 'hopper-e4m3fn-fp32'].map(datapathNamed),
  ...['hopper-tf32-fp32', 'cdna2-bf16-fp32', 'cdna3-fp16-fp32', 'cdna3-e4m3fnuz-fp32'].map(datapathNamed),
  datapath({ name: 'fp8-fp32-stochastic', a: e4m3fn, b: e4m3fn, sum: sumFit('fp32', { rounding: stochastic(8) }) }),
  datapath({ name: 'fp16-products', a: fp16, b: fp16, product: sumFit('fp16'), sum: sumFit('fp32') }),
];
const DATAFLOWS = { os: ['m', 'n', 'k'], ws: ['k', 'n', 'm'], is: ['k', 'm', 'n'] };

const argument = (name) => process.argv.includes(name);
const only = process.argv[process.argv.indexOf('--only') + 1];
const budget = argument('--quick') ? 100 : 300;

function measure(unit, dataflow) {
  const [row, col, time] = DATAFLOWS[dataflow];
  const length = { [row]: 2 * SIZE, [col]: 2 * SIZE, [time]: STEPS };
  const job = { layer: 'bench', m: length.m, n: length.n, k: length.k * unit.lanes };
  const a = codes(unit.a, job.m * job.k, 7);
  const b = codes(unit.b, job.k * job.n, 11);
  const array = macArray({ rows: SIZE, cols: SIZE, dataflow, doubleBuffer: true });
  const parts = { product: { job, a, b }, array, order: orderOf(array, unit), unit: compileUnit(unit) };
  let seen = 0;
  const observer = { cycle: (_cycle, { sum }) => (seen += sum[0]) };
  const rate = (watch) => (job.m * job.n * job.k) / best(() => runMesh(parts, watch), budget) / 1e3;
  const { cycles } = runMesh(parts);
  return { datapath: unit.name, dataflow, cycles: cycles.total, rate: rate({}), observed: rate(observer), bar: BAR };
}

const units = UNITS.filter(({ name }) => !argument('--only') || name === only);
const results = units.flatMap((unit) => Object.keys(DATAFLOWS).map((dataflow) => measure(unit, dataflow)));

if (argument('--json')) console.log(JSON.stringify({ node: process.version, cpu: cpus()[0].model, results }, null, 2));
else {
  console.log(`million MAC/s of a clocked ${SIZE} x ${SIZE} array on one thread; Node ${process.version}, ${cpus()[0].model}`);
  console.log('datapath             flow  cycles  M MAC/s  observed     bar');
  for (const { datapath, dataflow, cycles, rate, observed, bar } of results)
    console.log(
      [
        datapath.padEnd(20),
        dataflow.padStart(4),
        String(cycles).padStart(7),
        rate.toFixed(rate < 100 ? 1 : 0).padStart(8),
        observed.toFixed(observed < 100 ? 1 : 0).padStart(9),
        String(bar).padStart(7),
      ].join(' '),
    );
}
