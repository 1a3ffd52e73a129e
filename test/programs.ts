import { spawnSync } from 'node:child_process';

/** What .ci/run asks for besides: the same again in a second simulator, and the same at more moments. */
export const THOROUGH = Boolean(process.env.LASTBIT_CI ?? process.env.LASTBIT_LONG);

interface Surroundings {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
  /** Milliseconds after which it is killed; no program of the tests may wait for ever. */
  timeout?: number;
}

/** Another program, run to its end. @throws the system's error where it cannot be run or takes too long */
export function program(command: string, args: readonly string[], { timeout = 120_000, ...rest }: Surroundings = {}) {
  const options = { encoding: 'utf8', maxBuffer: 1 << 26, timeout, ...rest } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Whether a program is there. In CI one that is missing is a failure, not a reason to skip. */
export function isInstalled(command: string): boolean {
  return process.env.CI !== undefined || spawnSync(command, ['--version'], { timeout: 60_000 }).error === undefined;
}

/** Whether it is there and calls itself so, as in "Yosys 0.23 (git sha1 ...)". */
export function isVersion(command: string, version: string): boolean {
  const { error, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8', timeout: 60_000 });
  return error === undefined && stdout.split(' ')[1] === version;
}
