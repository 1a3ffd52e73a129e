import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lower } from '../../../src/networks/lower.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { watchInputs } from '../../../src/quantize/contract/inputs.js';
import { imagesOf } from '../../../src/training/data/dataset.js';
import { generate } from '../../../src/training/data/generator.js';
import { generatorFor } from '../../../src/training/data/generators.js';

/** However quickly a float network runs, whoever looks at what its products read sees every row of every layer. */
it.each(['digits-fp32', 'flags-fp32'])('%s: the rows of every product pass by', (name) => {
  const file = join(import.meta.dirname, '..', '..', '..', 'models', `${name}.onnx`);
  const network = readOnnx(readFileSync(file), file);
  const seen = new Map<string, number>();
  watchInputs(network, imagesOf(generate(generatorFor(network), 3, 5)), ({ job: { layer, m, k }, a }) => {
    expect(a.length).toBe(m * k);
    seen.set(layer, (seen.get(layer) ?? 0) + m * k);
  });
  const all = lower(network, 3).map(({ layer, m, k, groups }) => [layer, m * k * groups] as const);
  expect(all.length).toBeGreaterThan(3);
  expect(seen).toEqual(new Map(all));
});
