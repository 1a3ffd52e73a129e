import { crc32 } from 'node:zlib';
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
    const files = unzipSync(bytes);
    checkSums(bytes, files);
    return files;
  } catch (error) {
    throw new Error(`${path} is not a whole .npz file (${(error as Error).message}): write it again`, { cause: error });
  }
}

const [ENTRY, END] = [0x02014b50, 0x06054b50];
const [ENTRY_BYTES, END_BYTES] = [46, 22];
/** An offset that stands in the records of archives beyond 4 GiB instead. */
const ELSEWHERE = 0xffffffff;

/**
 * The checksum of each file against the one in the archive's directory (PKWARE APPNOTE.TXT, 4.3.12 and 4.3.16), which
 * the library leaves unread: a flipped bit in a stored array would be another number.
 */
function checkSums(bytes: Uint8Array, files: Readonly<Record<string, Uint8Array>>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END_BYTES;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0 || view.getUint32(end + 16, true) === ELSEWHERE) return;
  for (let at = view.getUint32(end + 16, true); at < end && view.getUint32(at, true) === ENTRY; ) {
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const first = at + ENTRY_BYTES;
    const name = new TextDecoder().decode(bytes.subarray(first, first + nameBytes));
    const content = files[name];
    if (content !== undefined && crc32(content) !== view.getUint32(at + 16, true))
      throw new Error(`the checksum of ${name} is another`);
    at = first + nameBytes + extraBytes + commentBytes;
  }
}
