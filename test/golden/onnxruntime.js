// Makes the rows of golden/onnxruntime again, by the ONNX Runtime that `npm run oracle` installs.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const tests = ['networks/readers/onnx/attributes', 'networks/readers/onnx/inputs', 'networks/readers/onnx/oracle', 'networks/readers/onnx/foreign', 'networks/functions/standard', 'golden/ort'];
execFileSync('npx', ['vitest', 'run', ...tests.map((name) => `test/${name}.test.ts`)], {
  cwd: join(import.meta.dirname, '..', '..'),
  env: { ...process.env, CI: '1', LASTBIT_GOLDEN: 'make' },
  stdio: 'inherit',
  timeout: 1_800_000,
});
