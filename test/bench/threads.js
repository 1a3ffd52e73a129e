// One thread and two on the same products; part of npm run bench. Options: --json, --quick (512 only).
import { availableParallelism, cpus } from 'node:os';
import { datapathNamed } from '../../dist/datapaths/catalog.js';
import { compileGemm, parallelGemm } from '../../dist/datapaths/kernel/index.js';
import { codes } from './measure.js';

const UNITS = ['int8', 'fp8-fp16', 'fp8-fp32', 'hopper-e4m3fn-fp32'];
const sizes = process.argv.includes('--quick') ? [512] : [512, 1024];
const threads = 2;

/** Both ways by turns, so that whatever else runs slows both; the best of each, in milliseconds. */
function race(runs, budget) {
  const best = runs.map(() => Infinity);
  const end = performance.now() + budget;
  for (let round = 0; round < 4 || performance.now() < end; round++)
    runs.forEach((run, i) => {
      const start = performance.now();
      run();
      best[i] = Math.min(best[i], performance.now() - start);
    });
  return best;
}

function measure(name, size) {
  const unit = datapathNamed(name);
  const alone = compileGemm(unit);
  const many = parallelGemm(alone, threads);
  const job = { m: size, n: size, k: size, a: codes(unit.a, size * size, 7), b: codes(unit.b, size * size, 11) };
  const [one, more] = race([() => alone.sums(job), () => many.sums(job)], size > 512 ? 3000 : 1000);
  many.close();
  const rate = (milliseconds) => size ** 3 / milliseconds / 1e3;
  return { datapath: name, size, threads, one: rate(one), more: rate(more), gain: one / more };
}

const results = sizes.flatMap((size) => UNITS.map((name) => measure(name, size)));
if (process.argv.includes('--json')) console.log(JSON.stringify({ node: process.version, cpu: cpus()[0].model, results }, null, 2));
else {
  console.log(`million MAC/s, packing included, on ${availableParallelism()} processors; Node ${process.version}, ${cpus()[0].model}`);
  console.log('datapath             size  1 thread  2 threads   gain');
  for (const { datapath, size, one, more, gain } of results)
    console.log(
      [
        datapath.padEnd(20),
        String(size).padStart(4),
        one.toFixed(0).padStart(9),
        more.toFixed(0).padStart(10),
        gain.toFixed(2).padStart(6),
      ].join(' '),
    );
}
