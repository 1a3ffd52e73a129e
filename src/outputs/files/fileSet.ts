import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { AtomicFile, makeFolder } from './file.js';

/** What a manifest says of a file. */
export interface FileEntry {
  name: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

interface Member extends Pick<FileEntry, 'name' | 'bytes'> {
  file: AtomicFile;
  hash: Hash;
}

/** Files of one folder that appear together or not at all, each with its size and digest. */
export class FileSet {
  readonly #folder: string;
  readonly #members: Member[] = [];

  /** Makes the folder where there is none. */
  constructor(folder: string) {
    makeFolder(folder);
    this.#folder = folder;
  }

  open(name: string): AtomicFile {
    const hash = createHash('sha256');
    const file = new AtomicFile(join(this.#folder, name), (chunk) => {
      hash.update(chunk);
      member.bytes += chunk.length;
    });
    const member: Member = { name, bytes: 0, file, hash };
    this.#members.push(member);
    return file;
  }

  /** Size and digest of every file as written up to now. */
  entries(): FileEntry[] {
    return this.#members.map((member) => {
      member.file.flush();
      return { name: member.name, bytes: member.bytes, sha256: member.hash.copy().digest('hex') };
    });
  }

  commit(): void {
    for (const { file } of this.#members) file.commit();
  }

  discard(): void {
    for (const { file } of this.#members) file.discard();
  }
}

/** Runs `body` with a set that is committed when it ends, and removed when it fails. */
export async function writingSet<T>(folder: string, body: (set: FileSet) => T | Promise<T>): Promise<T> {
  const set = new FileSet(folder);
  try {
    const result = await body(set);
    set.commit();
    return result;
  } finally {
    set.discard();
  }
}
