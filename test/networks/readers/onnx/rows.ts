import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { runOnnx, withoutRuntime } from './runtime.js';

/** What ONNX Runtime gave for a model and an input. */
interface Row {
  /** Digest of model and input: a row stands for these bytes alone. */
  of: string;
  dims: readonly number[];
  type: string;
  /** Its elements' bytes in base64. */
  data: string;
}
export interface Result {
  dims: readonly number[];
  data: Float32Array | Uint8Array | Int8Array;
}

const ARRAYS = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array } as const;
const making = process.env.LASTBIT_GOLDEN === 'make';

/**
 * Rows that ONNX Runtime gave, kept in test/golden/onnxruntime so that they hold where it is not installed; where it is,
 * they are compared with what it gives now. `node test/golden/onnxruntime.js` makes them again.
 */
export class Rows {
  private readonly path: string;
  private readonly kept: Record<string, Row>;
  private readonly made: Record<string, Row> = {};
  private readonly every: number;
  private asked = 0;

  /** @param every so many rows are compared with what ONNX Runtime gives now; all in CI */
  constructor(name: string, every = 1) {
    this.every = every;
    this.path = join(import.meta.dirname, '../../../golden/onnxruntime', `${name}.json`);
    this.kept = existsSync(this.path) ? JSON.parse(readFileSync(this.path, 'utf8')).rows : {};
  }

  /**
   * Undefined where it has no kernel, or refuses the model and `mayRefuse`.
   * @throws Error where ONNX Runtime refuses the model, or no row is kept for these bytes
   */
  async of(
    key: string,
    model: Uint8Array,
    input: Float32Array,
    shape: readonly number[],
    mayRefuse = false,
  ): Promise<Result | undefined> {
    const of = createHash('sha256').update(model).update(new Uint8Array(input.buffer)).digest('hex').slice(0, 16);
    const kept = this.kept[key];
    const now = process.env.CI !== undefined || this.asked++ % this.every === 0;
    if (making || (!withoutRuntime && now && kept !== undefined)) {
      const row = await rowOf(of, model, input, shape, mayRefuse);
      if (making) return resultOf((this.made[key] = row));
      expect(row, key).toEqual(kept);
    }
    if (kept === undefined) throw new Error(`${key}: no row of ONNX Runtime is kept`);
    if (kept.of !== of) throw new Error(`${key}: the row that is kept is of another model or input`);
    return resultOf(kept);
  }

  /** The keys that are kept, or were made. */
  keys(): string[] {
    return Object.keys(making ? this.made : this.kept);
  }

  /** Writes what was made. */
  keep(): void {
    if (!making) return;
    mkdirSync(dirname(this.path), { recursive: true });
    const head = { by: 'onnxruntime-web 1.30.0', command: 'npm run oracle && node test/golden/onnxruntime.js' };
    const lines = Object.entries(this.made).map(([key, row]) => `${JSON.stringify(key)}: ${JSON.stringify(row)}`);
    writeFileSync(this.path, `${JSON.stringify(head).slice(0, -1)}, "rows": {\n${lines.join(',\n')}\n}}\n`);
  }
}

/** ONNX Runtime has no kernel for what the standard allows: there is nothing to compare with. */
const NOT_IMPLEMENTED = /ERROR_CODE: 9,/;

async function rowOf(
  of: string,
  model: Uint8Array,
  input: Float32Array,
  shape: readonly number[],
  mayRefuse: boolean,
): Promise<Row> {
  try {
    const { dims, type, data } = await runOnnx(model, input, shape);
    const bytes = data as Float32Array;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    return { of, dims, type, data: text };
  } catch (error) {
    if (NOT_IMPLEMENTED.test(String(error))) return { of, dims: [], type: NOTHING, data: '' };
    if (!mayRefuse) throw error;
    return { of, dims: [], type: REFUSED, data: '' };
  }
}

const NOTHING = 'not implemented';
const REFUSED = 'refused';

function resultOf({ dims, type, data }: Row): Result | undefined {
  if (type === NOTHING || type === REFUSED) return undefined;
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  return { dims, data: new ARRAYS[type as keyof typeof ARRAYS](bytes.buffer) };
}
