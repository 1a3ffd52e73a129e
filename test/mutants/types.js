// What does not compile never reaches a user: survivors of the tests are shown to the compiler.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSource, ROOT } from './files.js';
import { mutated } from './mutators.js';

/** A copy of the sources for one mutant after another. `close` removes it. */
export function compiler() {
  const folder = mkdtempSync(join(tmpdir(), 'lastbit-types-'));
  for (const name of ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  return {
    takes(path, mutant) {
      const source = readSource(path);
      writeFileSync(join(folder, path), mutated(source, mutant));
      const { status } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', 'tsconfig.build.json'], { cwd: folder, timeout: 120_000 });
      writeFileSync(join(folder, path), source);
      return status === 0;
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
