import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, told apart from a later one of the same number. */
export interface Holder {
  pid: number;
  host: string;
  /** When it began, in the words of its system; empty where that tells nothing. */
  start: string;
}

/** This process. */
export function ownHolder(): Holder {
  return { pid: process.pid, host: hostname(), start: statOf(process.pid)?.start ?? '' };
}

/** The host in a few characters, for names of files. */
export function shortHost(host: string): string {
  return createHash('sha256').update(host).digest('hex').slice(0, 6);
}

/** Whether a process of this host runs. One that ended and waits for its parent does not, nor one whose number another has. */
export function isRunning({ pid, start }: Pick<Holder, 'pid' | 'start'>): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, and is another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = statOf(pid);
  if (now === undefined) return true;
  return !'ZX'.includes(now.state) && (start === '' || now.start === start);
}

/** What is known to be gone: a process of another host may run for all that can be seen from here. */
export function isGone(holder: Holder): boolean {
  return holder.host === hostname() && !isRunning(holder);
}

/**
 * Linux: the state (field 3 of /proc/PID/stat, proc(5)), and clock ticks from the boot to the start of the process (field
 * 22) with which boot. Field 2 is the command in brackets and may hold blanks and brackets of its own.
 */
function statOf(pid: number): { state: string; start: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
    return { state: fields[0], start: `${Number(fields[19]).toString(36)}${boot}` };
  } catch {
    return undefined;
  }
}
