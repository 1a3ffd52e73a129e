import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Simulators, whole commands and planted faults take longest: what begins last should not be what ends last. */
const LONG = /test\/(rtl|outputs\/vectors|cli|readme)/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...(process.env.LASTBIT_LONG ? [] : ['test/long/**']),
      ...(process.env.LASTBIT_CI ? [] : ['test/package/**']),
    ],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: '100%',
    passWithNoTests: false,
    sequence: { sequencer: LongFirst },
    reporters: process.env.LASTBIT_REPORT ? ['default', ['json', { outputFile: process.env.LASTBIT_REPORT }]] : ['default'],
  },
});
