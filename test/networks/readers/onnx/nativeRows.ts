import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Where onnxruntime-node 1.30.0 is installed, if it is. */
export const folder = process.env.LASTBIT_ORT_NODE;
/** Whether the rows that are kept of it are written again. */
export const making = folder !== undefined && process.env.LASTBIT_GOLDEN === 'make';

/** Rows of golden/onnxruntime/NAME, and those that are made now: written when all tests of the script have run. */
export function nativeRows<Row>(
  name: string,
  script: string,
): { kept: Record<string, Row>; made: Record<string, Row> } {
  const path = join(import.meta.dirname, '../../../golden/onnxruntime', name);
  const kept: Record<string, Row> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).rows : {};
  const made: Record<string, Row> = {};
  afterAll(() => {
    if (!making) return;
    const head = {
      by: 'onnxruntime-node 1.30.0, linux x86-64 with AVX-512 VNNI, graphOptimizationLevel all',
      command: `LASTBIT_GOLDEN=make LASTBIT_ORT_NODE=FOLDER npx vitest run test/networks/readers/onnx/${script}`,
    };
    const lines = Object.entries(made).map(([key, row]) => `${JSON.stringify(key)}: ${JSON.stringify(row)}`);
    writeFileSync(path, `${JSON.stringify(head).slice(0, -1)}, "rows": {\n${lines.join(',\n')}\n}}\n`);
  });
  return { kept, made };
}
