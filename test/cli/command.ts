import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const launcher = join(import.meta.dirname, '..', '..', 'src', 'cli', 'lastbit.js');

/** A folder of its own for one test, with these files in it. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'lastbit-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Runs the real command. */
export function lastbit(folder: string, args: readonly string[], input?: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 180_000,
    ...(input === undefined ? {} : { input }),
  });
  return { status, stdout, stderr };
}

/** The lines of a file that a command wrote. */
export function linesOf(folder: string, name: string): string[] {
  return readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
}

/** Numbers as a .npy file of float32, by the format's description (version 1.0). */
export function npy(shape: readonly number[], values: ArrayLike<number>): Uint8Array {
  const header = `${`{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`.padEnd(117)}\n`;
  const head = Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  return Buffer.concat([head, Buffer.from(header), new Uint8Array(Float32Array.from(values).buffer)]);
}
