// Whole quantized networks through `lastbit run`, with the statistics of all sums; part of npm run bench. Beside them ONNX Runtime on
// one thread, where it is found: onnxruntime-node in the folder LASTBIT_ORT, else what npm run oracle has installed. Options: --json,
// --quick (the smallest network), --float (with the float network as reference, too).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mobilenetFile } from './mobilenet.js';
import { imageFile, resnet } from './resnet.js';

const argument = (name) => process.argv.includes(name);
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lastbit-bench-'));

/** `more`: images beyond the first that the time of each more is found with; `shared`: so many, and twice as many, that threads share. */
const NETWORKS = [
  { name: 'ResNet-18 at 112', size: 112, more: 10, bytes: (options) => resnet(18, 112, options) },
  { name: 'MobileNetV1 at 224', size: 224, more: 10, bytes: (options) => mobilenetFile(224, options), bar: 12, slow: true },
  { name: 'ResNet-50 at 224', size: 224, more: 4, bytes: (options) => resnet(50, 224, options), bar: 4.5, shared: 12, slow: true },
];

/** Runs as a process of its own; what it prints last is JSON. */
const READING = `import { readFileSync } from 'node:fs';
const { readNetwork } = await import(process.argv[1]);
await readNetwork(readFileSync(process.argv[2]), 'models/warm.onnx');
const start = process.cpuUsage();
await readNetwork(readFileSync(process.argv[3]), 'network.onnx');
const { user, system } = process.cpuUsage(start);
console.log((user + system) / 1e6);`;

const RUNTIME = `import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const [entry, file, size] = process.argv.slice(1);
const native = entry.endsWith('/');
const ort = native ? createRequire(entry)('onnxruntime-node') : await import(entry);
if (!native) ort.env.wasm.numThreads = 1;
const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };
const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(file)), options);
const data = Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i));
const x = new ort.Tensor('float32', data, [1, 3, Number(size), Number(size)]);
let least = Infinity;
for (let i = 0; i < 10; i++) {
  const start = process.cpuUsage();
  await session.run({ x });
  const { user, system } = process.cpuUsage(start);
  least = Math.min(least, (user + system) / 1e6);
}
console.log(least);`;

/** Processor time and peak memory in KiB; `maxRSS` begins at what the process that starts another has, Linux's VmHWM does not. */
const METERING = `import { existsSync, readFileSync } from 'node:fs';
const status = '/proc/self/status';
const own = () => (existsSync(status) ? parseInt(readFileSync(status, 'latin1').split('VmHWM:')[1], 10) : NaN);
process.on('exit', () => {
  const rss = own() || process.resourceUsage().maxRSS;
  process.stderr.write(\`\nCPU \${JSON.stringify({ ...process.cpuUsage(), rss })}\`);
});`;
const METER = `data:text/javascript,${encodeURIComponent(METERING)}`;

/** What ONNX Runtime is here, and what a process imports it by. */
function runtime() {
  const own = process.env.LASTBIT_ORT;
  if (own !== undefined && existsSync(join(own, 'node_modules/onnxruntime-node'))) return ['onnxruntime-node', join(own, '/')];
  const web = join(root, '.oracle/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs');
  return existsSync(web) ? ['onnxruntime-web', web] : undefined;
}

function runNode(argv) {
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${argv.at(-1)}: ${stderr}`);
  return { stdout, stderr };
}

/** Seconds of processor time and by the clock, and megabytes at most, of a run on so many images. */
function running(images, reference) {
  const words = ['run', 'network.onnx', '--target', 'int8', '--data', 'images.npy', '--images', String(images)];
  const start = performance.now();
  const { stderr } = runNode(['--import', METER, join(root, 'src/cli/lastbit.js'), ...words, ...reference]);
  const wall = (performance.now() - start) / 1e3;
  const { user, system, rss } = JSON.parse(/CPU (\{.*\})/.exec(stderr)[1]);
  return { seconds: (user + system) / 1e6, wall, megabytes: rss / 1024 };
}

async function measure({ name, size, more, bytes, bar, shared = 0 }) {
  writeFileSync(join(folder, 'network.onnx'), await bytes());
  writeFileSync(join(folder, 'images.npy'), imageFile(Math.max(1 + more, 2 * shared), size));
  const script = (text, ...parameters) => Number(runNode(['--input-type=module', '-e', text, ...parameters]).stdout);
  const small = join(root, 'models/digits-int8.onnx');
  const reading = script(READING, join(root, 'dist/networks/readers/index.js'), small, 'network.onnx');
  const found = runtime();
  const ort = found && script(RUNTIME, found[1], 'network.onnx', String(size));
  const float = argument('--float') ? await bytes({ quantized: false }) : undefined;
  if (float !== undefined) writeFileSync(join(folder, 'float.onnx'), float);
  const row = (title, reference) => {
    const [one, all] = [running(1, reference), running(1 + more, reference)];
    const each = (all.seconds - one.seconds) / more;
    const [some, many] = shared === 0 ? [one, all] : [running(shared, reference), running(2 * shared, reference)];
    const wall = (many.wall - some.wall) / (shared === 0 ? more : shared);
    const { megabytes } = all;
    return { network: title, reading, first: one.seconds, each, wall, megabytes, runtime: found?.[0], ort, ratio: ort && each / ort, bar };
  };
  return [row(name, []), ...(float !== undefined ? [row(`... with float`, ['--reference', 'float.onnx'])] : [])];
}

try {
  const results = [];
  for (const network of NETWORKS.filter(({ slow }) => !(slow && argument('--quick')))) results.push(...(await measure(network)));
  if (argument('--json')) console.log(JSON.stringify({ node: process.version, results }, null, 2));
  else {
    console.log('whole int8 networks, seconds of processor time; ONNX Runtime on one thread');
    console.log('network              reading    first     each  by the clock  peak (MB)  runtime     ratio    bar');
    for (const { network, reading, first, each, wall, megabytes, runtime: by = 'not found', ort, ratio, bar } of results)
      console.log(
        [
          network.padEnd(20),
          ...[reading, first, each].map((seconds) => seconds.toFixed(3).padStart(8)),
          wall.toFixed(3).padStart(13),
          megabytes.toFixed(0).padStart(10),
          (ort?.toFixed(4) ?? '-').padStart(9),
          (ratio?.toFixed(1) ?? '-').padStart(8),
          String(bar ?? '-').padStart(6),
          ` ${by}`,
        ].join(' '),
      );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
