import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { recipeNamed, trainRecipeNamed } from '../../src/recipes/catalog.js';
import { type CandidatePlan, candidatesOf } from '../../src/simulate/candidates.js';
import { openJournal } from '../../src/simulate/journal.js';
import { studyData } from '../../src/simulate/purposes.js';
import { folderWith } from '../cli/command.js';

const network = join(import.meta.dirname, '..', '..', 'models', 'digits-fp32.onnx');
const data = await studyData(5, 20, undefined);
const impossible = {
  ...recipeNamed('int8'),
  name: 'impossible',
  prepare() {
    throw new RangeError('not of this network');
  },
};
const methods = [recipeNamed('int4-minmax'), impossible, trainRecipeNamed('prune-2of4')];

it('a study makes each network once, and says which method made none', async () => {
  const folder = folderWith();
  const written: string[] = [];
  const begun: number[] = [];
  const done: number[] = [];
  const make = async () => {
    const journal = openJournal(join(folder, 'journal'), 'build');
    const plan: CandidatePlan = {
      ...{ network, data, folder, journal, epochs: 1, batch: 20, seed: 1 },
      async write(path, content) {
        written.push(path);
        await writeFile(path, content);
      },
      onBegin: (known) => begun.push(known),
      progress: (count) => done.push(count),
    };
    const made = await candidatesOf(methods, plan);
    journal.close();
    return made;
  };
  const first = await make();
  expect(first.failed).toEqual(['impossible: not of this network']);
  expect(first.candidates.map(({ recipe, family, home }) => [recipe, family, home])).toEqual([
    ['int4-minmax', 'int4 after training', undefined],
    ['prune-2of4', 'fewer weights', 'qat-int8'],
  ]);
  expect(written).toEqual(first.candidates.map(({ path }) => path));
  for (const { path, network: read } of first.candidates)
    expect(readOnnx(readFileSync(path), path).layers).toEqual(read.layers);
  const again = await make();
  expect(again).toEqual(first);
  expect(written).toHaveLength(2);
  expect([begun, done]).toEqual([
    [0, 2],
    [1, 2, 3, 1, 2, 3],
  ]);
  // A file that is no more as it was written is made again.
  writeFileSync(first.candidates[0].path, 'other');
  expect(await make()).toEqual(first);
  expect(written).toHaveLength(3);
});
