// One process that tries mutants, one after another: what it is sent it answers. It is killed where a mutant never ends.
import { join, relative } from 'node:path';
import { createVitest } from 'vitest/node';
import { ALONE, readSource, ROOT } from './files.js';
import { mutated } from './mutators.js';

let now;

const plugin = {
  name: 'lastbit:mutant',
  enforce: 'pre',
  transform(_, id) {
    const path = relative(ROOT, id);
    return path === now?.path ? mutated(readSource(path), now.mutant) : undefined;
  },
};

const vitest = await createVitest('test', { ...ALONE, bail: 1, maxWorkers: 1, execArgv: ['--max-old-space-size=1500'] }, { plugins: [plugin] });
const specs = new Map((await vitest.globTestSpecifications()).map((spec) => [relative(ROOT, spec.moduleId), spec]));

async function isKilled(test) {
  // Failures of earlier mutants would count towards the first one, at which a run stops.
  vitest.state.filesMap.clear();
  vitest.state.idMap.clear();
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications([specs.get(test)]);
  return unhandledErrors.length > 0 || testModules.some((module) => module.state() === 'failed');
}

process.on('message', async ({ path, mutant, tests }) => {
  const file = join(ROOT, path);
  now = { path, mutant };
  vitest.invalidateFile(file);
  let by;
  for (const { test } of tests) {
    process.send({ test });
    if (!(await isKilled(test))) continue;
    by = test;
    break;
  }
  now = undefined;
  vitest.invalidateFile(file);
  process.send({ done: true, by });
});
// It leads a group of processes: a test that never ends goes with it.
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
process.send({ ready: true });
