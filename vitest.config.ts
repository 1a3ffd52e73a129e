import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Laws over all units, simulators, whole commands and planted faults take longest: what begins last should not be what ends last. */
const LONG = /test\/(laws|rtl|outputs\/vectors|cli|readme)/;

/** Files that run apart come first, as each of them ends the process of those that share one. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project, moduleId }: TestSpecification) => (project.name === 'apart' ? 0 : LONG.test(moduleId) ? 1 : 2);
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/**
 * Loading the sources takes a file of tests longer than most tests do, so files share what is loaded. Those that put
 * something in the place of a module, move the process or weigh what it has taken run in a process of their own.
 */
const isApart = (path: string) => /\bvi\.(mock|spyOn)\(|\bprocess\.chdir\(|\bsharedMemory\(\)\.buffer\b/.test(readFileSync(path, 'utf8'));
const APART = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test', name))
  .filter(isApart);
const NOT_NOW = [...(process.env.LASTBIT_LONG ? [] : ['test/long/**']), ...(process.env.LASTBIT_CI ? [] : ['test/package/**'])];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'together', isolate: false, include: ['test/**/*.test.ts'], exclude: [...NOT_NOW, ...APART] } },
      { extends: true, test: { name: 'apart', include: APART, exclude: NOT_NOW } },
    ],
    setupFiles: ['test/equality.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // One more than there are cores: tests wait for programs that they have started.
    maxWorkers: availableParallelism() + 1,
    passWithNoTests: false,
    sequence: { sequencer: LongFirst },
    reporters: process.env.LASTBIT_REPORT ? ['default', ['json', { outputFile: process.env.LASTBIT_REPORT }]] : ['default'],
  },
});
