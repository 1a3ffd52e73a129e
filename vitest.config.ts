import { defineConfig } from 'vitest/config';

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
    reporters: process.env.LASTBIT_REPORT ? ['default', ['json', { outputFile: process.env.LASTBIT_REPORT }]] : ['default'],
  },
});
