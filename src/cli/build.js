// Compiles src into dist, beside it. The launcher calls it on first use, because `npm ci` runs no scripts here (.npmrc).
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const dist = join(root, 'dist');
const entry = join(dist, 'cli', 'main.js');
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

function files(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** True when every source file is older than the compiled entry point. */
export function isBuilt() {
  if (!existsSync(entry)) return false;
  const built = statSync(entry).mtimeMs;
  return files(join(root, 'src')).every((file) => statSync(file).mtimeMs <= built);
}

/** What is taken of a package as one file, so that installing ours does not install it; its licence goes with it. */
function copyVendored(folder) {
  const from = join(root, 'node_modules', 'bigint-buffer');
  cpSync(join(from, 'dist', 'browser.js'), join(folder, 'vendor', 'bigint-buffer.cjs'));
  cpSync(join(from, 'LICENSE'), join(folder, 'vendor', 'bigint-buffer.LICENSE'));
}

/** Compiles into a fresh folder and swaps it in, so that no reader ever sees half a build. */
export function build() {
  if (!existsSync(tsc)) throw new Error('this checkout is not set up: run npm ci first');
  const fresh = mkdtempSync(join(root, '.dist-'));
  // A temporary folder is its maker's alone; a build is for every account that may read the checkout.
  chmodSync(fresh, 0o777 & ~process.umask());
  try {
    // Types are checked by `npm run types`; here only code is made, in a third of the time.
    const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', fresh, '--noCheck'];
    const result = spawnSync(process.execPath, [tsc, ...options], { cwd: root, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`the build failed:\n${result.stdout}${result.stderr}`);
    for (const file of files(join(root, 'src')).filter((name) => !/\.(ts|js)$/.test(name)))
      cpSync(file, join(fresh, file.slice(join(root, 'src').length)));
    copyVendored(fresh);
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
  try {
    if (process.argv.includes('--install') && !existsSync(tsc)) install();
    build();
  } catch (error) {
    console.error(`lastbit: ${error.message}`);
    process.exit(2);
  }
}
