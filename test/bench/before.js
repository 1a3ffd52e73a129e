// node test/bench/before.js: processor time of whole commands as ratios to an older build. LASTBIT_BEFORE is the folder of a
// built checkout; without it there is nothing to compare with, and every row says so. Options: --json, --quick (a tenth of
// the layers, cycles and addends).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const argument = (name) => process.argv.includes(name);
const now = fileURLToPath(new URL('../..', import.meta.url));
const before = process.env.LASTBIT_BEFORE;
const share = argument('--quick') ? 0.1 : 1;
const folder = mkdtempSync(join(tmpdir(), 'lastbit-bench-'));

const LAYERS = 50_000 * share;
const conv = Array.from({ length: LAYERS }, (_, i) => {
  const size = 7 + ((i * 37) % 218);
  return `L${i},${size},${size},3,3,${1 + ((i * 91) % 512)},${1 + ((i * 53) % 512)},1,`;
});
writeFileSync(join(folder, 'net.csv'), `Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,\n${conv.join('\n')}\n`);
const model = join(now, 'models', 'digits-int8.onnx');
const addends = 2 ** 21 * share;

/** Commands, and the least ratio that is asked of them. */
const ROWS = [
  ['start-up: --version', 4, '--version'],
  ['start-up: list formats', 4, 'list formats'],
  [`cycles of ${LAYERS} layers, ws`, 5, 'cycles net.csv --rows 16 --cols 16 --dataflow ws --out OUT'],
  [`cycles of ${LAYERS} layers, as SCALE-Sim`, 1, 'cycles net.csv --rows 16 --cols 16 --dataflow ws --compat scalesim --out OUT'],
  ['trace of conv1 as CSV', 10, `trace ${model} --layer conv1 --cycles 0-${Math.floor(3999 * share)} --out OUT`],
  ...['int8', 'fp8-fp16', 'fp8-fp32'].map((unit) => [
    `sum of ${Math.floor(addends)} addends, ${unit}`,
    5,
    `accumulate --datapath ${unit} --lengths ${Math.floor(addends)} --out OUT`,
  ]),
];

const METER = 'data:text/javascript,process.on("exit",()=>process.stderr.write("\\nCPU "+JSON.stringify(process.cpuUsage())))';

/** Seconds of processor time of a command of a build, and what it wrote. */
function measure(root, command, name) {
  const out = join(folder, name);
  const words = command.split(' ').map((word) => (word === 'OUT' ? out : word));
  const argv = ['--import', METER, join(root, 'src', 'cli', 'lastbit.js'), ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: folder, encoding: 'utf8', timeout: 900_000 });
  const found = /CPU (\{.*\})/.exec(stderr);
  if (status !== 0 || found === null) throw new Error(`${command}: ${stderr}`);
  const { user, system } = JSON.parse(found[1]);
  return { seconds: (user + system) / 1e6, text: words.includes(out) ? readFileSync(out, 'utf8') : stdout };
}

function rowOf([name, bar, command]) {
  const mine = measure(now, command, 'now');
  if (before === undefined || !existsSync(before)) return { name, bar, seconds: mine.seconds, skipped: 'LASTBIT_BEFORE names no build' };
  const theirs = measure(before, command, 'before');
  const same = mine.text === theirs.text;
  return { name, bar, seconds: mine.seconds, before: theirs.seconds, ratio: theirs.seconds / mine.seconds, same };
}

try {
  const results = ROWS.map(rowOf);
  if (argument('--json')) console.log(JSON.stringify({ node: process.version, results }, null, 2));
  else {
    console.log('processor time of whole commands, start-up included, against the build in LASTBIT_BEFORE');
    console.log('command                                   now (s)  before (s)   ratio     bar  output');
    for (const { name, bar, seconds, before: then, ratio, same, skipped } of results)
      console.log(
        [
          name.padEnd(40),
          seconds.toFixed(2).padStart(8),
          (then?.toFixed(2) ?? '-').padStart(11),
          (ratio?.toFixed(1) ?? '-').padStart(7),
          String(bar).padStart(7),
          ` ${skipped === undefined ? (same ? 'same' : 'other bytes') : `skipped: ${skipped}`}`,
        ].join(' '),
      );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
