// Installs ONNX Runtime, which the ONNX tests compare with, into .oracle/: it is too large to be a dependency.
// The WebAssembly build is used because it needs no install script and its integer kernels are exact on every processor.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const VERSION = '1.30.0';
const folder = join(import.meta.dirname, '..', '..', '.oracle');
const installed = join(folder, 'node_modules', 'onnxruntime-web', 'package.json');

if (!existsSync(installed) || JSON.parse(readFileSync(installed, 'utf8')).version !== VERSION) {
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', '--prefix', folder, ...flags, `onnxruntime-web@${VERSION}`], { stdio: 'inherit' });
}
console.log(`onnxruntime-web ${VERSION} in .oracle`);
