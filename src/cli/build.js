// Bundles src into dist, beside it. The launcher calls it on first use, because `npm ci` runs no scripts here (.npmrc).
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const src = join(root, 'src');
const dist = join(root, 'dist');
const entry = join(dist, 'cli', 'main.js');
const tool = (...path) => join(root, 'node_modules', ...path);

/** What is begun by name: the package's face, the command, and its threads. */
const ENTRIES = ['index', 'cli/main', 'cli/thread', 'simulate/worker', 'datapaths/kernel/routes/worker'];

/** What the package depends on is installed beside it, as it opens files of its own or is seldom needed; all else is in the bundle. */
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** Of these our declarations have types only; their code is in the bundle too. */
const TYPES = ['zod'];
const BESIDE = Object.keys(dependencies).filter((name) => !TYPES.includes(name));

function files(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
}

/** True when every source file is older than the compiled entry point. */
export function isBuilt() {
  if (!existsSync(entry)) return false;
  const built = statSync(entry).mtimeMs;
  return files(src).every((file) => statSync(file).mtimeMs <= built);
}

/** Modules that tests and benches load by themselves. */
function opened() {
  const names = files(join(root, 'test'))
    .filter((file) => /\.[jt]s$/.test(file))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\bdist\/([\w/]+)\.js\b/g)].map(([, name]) => name));
  return names.filter((name) => existsSync(join(src, `${name}.ts`)));
}

/** A module finds its neighbours from where it would lie by itself, in whatever file of the bundle it is. */
const places = {
  name: 'lastbit:places',
  transform: {
    filter: { code: 'import.meta.url' },
    handler(code, id) {
      if (!id.startsWith(src)) return undefined;
      const path = relative(src, id).replaceAll(sep, '/').replace(/\.ts$/, '.js');
      return code.replaceAll('import.meta.url', `PLACE_OF(${JSON.stringify(path)})`);
    },
  },
  renderChunk(code, { fileName }) {
    const from = (path) =>
      `new URL(${JSON.stringify(posix.relative(posix.dirname(fileName), path))}, import.meta.url).href`;
    return code.replaceAll(/PLACE_OF\("([^"]+)"\)/g, (_, path) => from(path));
  },
};

/** The licences of the packages that are in the bundle go with it. */
function copyLicences(modules, folder) {
  mkdirSync(folder);
  const packages = modules.map((id) => id.match(/.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/)?.[0]);
  for (const path of new Set(packages.filter((found) => found !== undefined))) {
    const licence = readdirSync(path).find((file) => /^licen[cs]e/i.test(file));
    if (licence === undefined) throw new Error(`${path} has no licence to put beside its code`);
    cpSync(join(path, licence), join(folder, `${basename(path)}.txt`));
  }
}

async function bundle(folder) {
  const { rolldown } = await import('rolldown');
  const made = await rolldown({
    cwd: root,
    input: Object.fromEntries([...ENTRIES, ...opened()].map((name) => [name, join(src, `${name}.ts`)])),
    platform: 'node',
    external: (id) => BESIDE.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [places],
  });
  const { output } = await made.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
  });
  await made.close();
  const modules = output.flatMap(({ moduleIds = [] }) => moduleIds);
  copyLicences(modules, join(folder, 'licences'));
}

/** Types are checked by `npm run types`; their declarations are for those who install the package. */
function declare(folder) {
  const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', folder, '--noCheck', '--emitDeclarationOnly'];
  const result = spawnSync(process.execPath, [tool('typescript', 'bin', 'tsc'), ...options], {
    cwd: root,
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`the build failed:\n${result.stdout}${result.stderr}`);
}

/** What stops a build, which then leaves nothing behind. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Compiles into a fresh folder and swaps it in, so that no reader ever sees half a build. */
export async function build({ declarations = false } = {}) {
  if (!existsSync(tool('rolldown'))) throw new Error('this checkout is not set up: run npm ci first');
  const fresh = mkdtempSync(join(root, '.dist-'));
  // A temporary folder is its maker's alone; a build is for every account that may read the checkout.
  chmodSync(fresh, 0o777 & ~process.umask());
  const stop = (signal) => {
    rmSync(fresh, { recursive: true, force: true });
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    await bundle(fresh);
    if (declarations) declare(fresh);
    for (const file of files(src).filter((name) => !/\.(ts|js)$/.test(name)))
      cpSync(file, join(fresh, relative(src, file)));
    const old = `${fresh}-old`;
    if (existsSync(dist)) renameSync(dist, old);
    try {
      renameSync(fresh, dist);
    } catch (error) {
      // Another process built at the same time and was first: its build is as good as ours.
      if (!existsSync(entry)) throw error;
    }
    rmSync(old, { recursive: true, force: true });
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** For `npm pack` in a fresh clone. What npm says goes to standard error: standard output is the tarball's name. */
function install() {
  const { status } = spawnSync('npm', ['ci'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci failed');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const packing = process.argv.includes('--package');
  try {
    if (packing && !existsSync(tool('rolldown'))) install();
    await build({ declarations: packing });
  } catch (error) {
    console.error(`lastbit: ${error.message}`);
    process.exit(2);
  }
}
