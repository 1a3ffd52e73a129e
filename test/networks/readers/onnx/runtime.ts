import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** ONNX Runtime, the oracle: another implementation of the standard, installed by `npm run oracle`. */
const entry = join(import.meta.dirname, '../../../../.oracle/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs');

/** In CI the oracle must be there; elsewhere its absence skips these tests, and says so. */
export const withoutRuntime = !existsSync(entry) && process.env.CI === undefined;
if (withoutRuntime) console.warn('ONNX Runtime is not installed: its tests are skipped. `npm run oracle` installs it.');

interface OrtTensor {
  type: string;
  dims: readonly number[];
  data: ArrayLike<number>;
}
interface Ort {
  env: { wasm: { numThreads: number }; logLevel: string };
  Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => OrtTensor;
  InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}
interface Session {
  inputNames: string[];
  outputNames: string[];
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

let loaded: Promise<Ort> | undefined;

async function load(): Promise<Ort> {
  const ort: Ort = await import(pathToFileURL(entry).href);
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return ort;
}

/**
 * Runs a model on one input of shape [n, ...]. Graph optimizations are off, so that every node is computed as the
 * standard defines it.
 */
export async function runOnnx(model: Uint8Array, input: Float32Array, shape: readonly number[]): Promise<OrtTensor> {
  loaded ??= load();
  const ort = await loaded;
  const session = await ort.InferenceSession.create(model, { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 });
  try {
    const outputs = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', input, shape) });
    return outputs[session.outputNames[0]];
  } finally {
    await session.release();
  }
}
