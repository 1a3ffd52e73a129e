import { dirname } from 'node:path';

/** A command line that cannot be run as it stands. */
export class UsageError extends Error {}

/** A check that said no, and has reported it already: exit code 1 and no further line. */
export class Verdict extends Error {}

const SYSTEM: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file grew too large for the file system',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EMFILE: 'too many files are open',
  EEXIST: 'a file of that name is in the way',
  EIO: 'the device failed',
  ENAMETOOLONG: 'the name is too long',
};

interface SystemError extends Error {
  code?: string;
  path?: string;
  writing?: boolean;
}

/** One line for any error: what it is about, and for the system's errors which file and why. */
export function explain(thrown: unknown): string {
  if (!(thrown instanceof Error)) return oneLine(String(thrown));
  const { code, path, writing } = thrown as SystemError;
  if (code !== undefined && path !== undefined) {
    if (writing === true && code === 'ENOENT') return `cannot write ${path}: there is no folder ${dirname(path)}`;
    const verb = writing === true ? 'write' : 'read';
    return `cannot ${verb} ${path}: ${SYSTEM[code] ?? oneLine(thrown.message)}`;
  }
  if (thrown instanceof TypeError || thrown instanceof ReferenceError)
    return `internal error, please report it: ${oneLine(thrown.message)}`;
  return oneLine(thrown.message);
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/** As grep, cmp and diff: 1 where a check says no, 2 for all that keeps a command from its work. */
export function exitCodeOf(thrown: unknown): number {
  return thrown instanceof Verdict ? 1 : 2;
}

/** Runs what reads the command line's words: a RangeError there is the user's. */
export function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw usersOwn(error);
  }
}

/** As `usage`, of what takes a while. */
export async function usageAsync<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw usersOwn(error);
  }
}

function usersOwn(error: unknown): unknown {
  return error instanceof RangeError ? new UsageError(error.message, { cause: error }) : error;
}
