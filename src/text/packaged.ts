import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Where an input that a command or a file names lies. What comes with the package (models/digits-int8.onnx) is found by
 * that name from any folder; a file of the same name in the working folder comes first.
 */
export function inputPath(path: string): string {
  if (isAbsolute(path) || existsSync(path)) return path;
  const packaged = join(PACKAGE, path);
  return /^(?:\.[/\\])?models(?:[/\\]|$)/.test(path) && existsSync(packaged) ? packaged : path;
}
