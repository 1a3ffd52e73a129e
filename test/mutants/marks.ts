import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';

/** In each test file's process, while it is found out what the tests reach: what was entered goes into a file of its own. */
afterAll(() => {
  const { testPath } = expect.getState();
  const marks = (globalThis as { lastbitMarks?: Record<string, Record<string, 1>> }).lastbitMarks ?? {};
  const entered = Object.entries(marks).map(([path, starts]) => [path, Object.keys(starts).map(Number)]);
  const file = join(process.env.LASTBIT_MARKS as string, `${randomUUID()}.json`);
  writeFileSync(file, JSON.stringify({ testPath, entered: Object.fromEntries(entered) }));
});
