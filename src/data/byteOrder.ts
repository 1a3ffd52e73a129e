/** Whether the machine's own order is little-endian. */
export const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

type Bytes = Uint8Array<ArrayBuffer>;

/** Elements of `each` bytes from big-endian order to the machine's, or back; in place. */
export const bigEndian = (bytes: Bytes, each: number): Bytes => (littleEndian ? reversed(bytes, each) : bytes);

/** The same for little-endian order. */
export const smallEndian = (bytes: Bytes, each: number): Bytes => (littleEndian ? bytes : reversed(bytes, each));

function reversed(bytes: Bytes, each: number): Bytes {
  if (each > 1) for (let at = 0; at < bytes.length; at += each) bytes.subarray(at, at + each).reverse();
  return bytes;
}
