import { existsSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isRunning, ownHolder, shortHost } from './holder.js';

/**
 * Names of files that are being written: `.NAME.PID.HOST-START-NUMBER.partial`, so that whoever comes later can tell
 * whether their writer still runs. The name is cut, because file systems take 255 bytes.
 */
const NAME_CHARACTERS = 48;
const PATTERN = /^\..*\.(\d+)(?:\.([0-9a-f]{6})-(\w*)-\d+)?\.partial$/s;

let tag: string | undefined;

/** A name in the same folder that no other file has. */
export function temporaryFor(path: string): string {
  if (tag === undefined) {
    const { pid, host, start } = ownHolder();
    tag = `${pid}.${shortHost(host)}-${start}`;
  }
  const name = basename(path).slice(0, NAME_CHARACTERS);
  for (let number = 0; ; number++) {
    const temporary = join(dirname(path), `.${name}.${tag}-${number}.partial`);
    if (!existsSync(temporary)) return temporary;
  }
}

const swept = new Set<string>();

/** Removes what processes that were killed left half written in a folder; once, before the first file is written there. */
export function sweepFolder(folder: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  for (const name of namesIn(folder)) if (isLeftover(name)) rmSync(join(folder, name), { force: true });
}

function isLeftover(name: string): boolean {
  const [, pid, host = shortHost(hostname()), start = ''] = PATTERN.exec(name) ?? [];
  return pid !== undefined && host === shortHost(hostname()) && !isRunning({ pid: Number(pid), start });
}

/** A folder that cannot be read is complained of when it is written to. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
