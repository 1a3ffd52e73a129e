// npm run bench: matrix products (gemm.js), then the clocked array (mesh.js). Options go to both; with --json they give one
// object, the array's results under `mesh`.
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
if (json) console.log(JSON.stringify({ ...gemm, mesh: mesh.results }, null, 2));
