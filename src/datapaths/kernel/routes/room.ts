type Numbers = Uint8Array | Uint16Array | Uint32Array | BigUint64Array | Int32Array<SharedArrayBuffer>;

interface Kind<T> {
  new (buffer: SharedArrayBuffer, at: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/**
 * Memory that threads share, used again for every product: the pages of fresh memory cost as much as the copy into it
 * (measured). What was taken before stays valid when it has to grow.
 */
export class Room {
  private memory = new SharedArrayBuffer(0);
  private used = 0;

  /** What was taken so far may be overwritten from now on. */
  clear(): void {
    this.used = 0;
  }

  /** An array of so many elements, with whatever is in it. */
  take<T extends Numbers>(kind: Kind<T>, length: number): T {
    const bytes = Math.ceil((length * kind.BYTES_PER_ELEMENT) / 64) * 64;
    if (this.used + bytes > this.memory.byteLength) {
      this.memory = new SharedArrayBuffer(Math.max(2 * this.memory.byteLength, bytes));
      this.used = 0;
    }
    const taken = new kind(this.memory, this.used, length);
    this.used += bytes;
    return taken;
  }

  copyOf<T extends Numbers>(codes: T): T {
    const copy = this.take(codes.constructor as unknown as Kind<T>, codes.length);
    bytesOf(copy).set(bytesOf(codes));
    return copy;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Numbers): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
