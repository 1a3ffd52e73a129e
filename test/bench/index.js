// npm run bench: matrix products (gemm.js), the clocked array (mesh.js), products on two threads (threads.js), the memory of a
// large convolution (memory.js), whole networks (networks.js), gates (gates.js), whole commands against an older build
// (before.js). Options go to all; with --json they give one object, the others' results under their names.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const options = process.argv.slice(2);
const json = options.includes('--json');

function run(script) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const stdio = ['ignore', json ? 'pipe' : 'inherit', 'inherit'];
  const { status, stdout } = spawnSync(process.execPath, [path, ...options], { stdio, maxBuffer: 2 ** 26 });
  if (status !== 0) process.exit(status ?? 1);
  return json ? JSON.parse(stdout) : undefined;
}

const gemm = run('gemm.js');
if (!json) console.log();
const mesh = run('mesh.js');
if (!json) console.log();
const threads = run('threads.js');
if (!json) console.log();
const memory = run('memory.js');
if (!json) console.log();
const networks = run('networks.js');
if (!json) console.log();
const gates = run('gates.js');
if (!json) console.log();
const before = run('before.js');
if (json) {
  const others = Object.entries({ mesh, threads, memory, networks, gates, before }).map(([name, { results }]) => [name, results]);
  console.log(JSON.stringify({ ...gemm, ...Object.fromEntries(others) }, null, 2));
}
