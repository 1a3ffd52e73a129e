import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Simulations of RTL and exhaustive proofs take long: `npm run test:long`.
    exclude: process.env.LASTBIT_LONG ? [] : ['test/long/**', 'test/rtl/**', 'test/laws/rtl.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    passWithNoTests: false,
    reporters: process.env.LASTBIT_REPORT ? ['default', ['json', { outputFile: process.env.LASTBIT_REPORT }]] : ['default'],
  },
});
