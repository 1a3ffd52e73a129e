import { unzipSync } from 'fflate';
import type { NumberArray } from './numbers.js';
import { readNpy } from './npy.js';

export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

/**
 * NumPy's .npz files, archives of one .npy file for each array, stored or deflated.
 * @returns the arrays by name, in the order of the archive
 * @throws Error with one line that begins with the path
 */
export function readNpz(bytes: Uint8Array, path: string): Map<string, NumberArray> {
  const arrays = new Map<string, NumberArray>();
  for (const [name, content] of Object.entries(unzipped(bytes, path)))
    if (name.endsWith('.npy')) arrays.set(name.slice(0, -'.npy'.length), readNpy(content, `${path}:${name}`));
  if (arrays.size === 0) throw new Error(`${path} holds no array: an .npz file is an archive of .npy files`);
  return arrays;
}

function unzipped(bytes: Uint8Array, path: string): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes);
  } catch (error) {
    throw new Error(`${path} is not a whole .npz file (${(error as Error).message}): write it again`, { cause: error });
  }
}
