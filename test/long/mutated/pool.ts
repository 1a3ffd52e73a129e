import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** What became of a command line: its status, or why it gave none. */
export interface Ending {
  status: number | 'hang' | `crash: ${string}`;
  stdout: string;
  stderr: string;
  /** Of processor time; of a command that was lost, by the clock. */
  milliseconds: number;
}

/** What the process says of a command; it is to be given up where something still runs. */
type Told = Omit<Ending, 'milliseconds'> & { retire: boolean; cpu?: number };

export interface CommandLine {
  folder: string;
  args: readonly string[];
}

const DRIVER = join(import.meta.dirname, 'driver.js');
/** The kinds of memory that commands on small inputs never need. */
const HEAP_MEGABYTES = 1536;
/** A process begins anew after so many commands, so that what one leaves behind is not another's. */
const COMMANDS_EACH = 400;

/** A process that runs command lines of the built program, one at a time, each within a time limit. */
export class Runner {
  private child: ChildProcess | undefined;
  private done = 0;
  private readonly built: string;
  private readonly limit: number;

  /**
   * @param built the folder of the built program
   * @param limit milliseconds after which a command is killed
   */
  constructor(built: string, limit: number) {
    this.built = built;
    this.limit = limit;
  }

  async run({ folder, args }: CommandLine): Promise<Ending> {
    const child = this.child ?? (await this.begin());
    this.child = child;
    this.done += 1;
    const started = performance.now();
    const ending = await this.ended(child, { id: this.done, folder, args });
    const { retire, cpu, ...rest } = ending;
    if (retire || this.done % COMMANDS_EACH === 0) this.close();
    return { ...rest, milliseconds: cpu ?? performance.now() - started };
  }

  close(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }

  private begin(): Promise<ChildProcess> {
    const options = { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] as ('ignore' | 'pipe' | 'ipc')[] };
    const child = fork(DRIVER, [this.built], { ...options, execArgv: [`--max-old-space-size=${HEAP_MEGABYTES}`] });
    return new Promise((resolve) => child.once('message', () => resolve(child)));
  }

  private ended(child: ChildProcess, command: { id: number; folder: string; args: readonly string[] }) {
    return new Promise<Told>((resolve) => {
      let lines = '';
      const lost = (status: Ending['status']) => settle({ status, stdout: '', stderr: lines, retire: true });
      const settle = (result: Told) => {
        clearTimeout(watchdog);
        child.removeAllListeners('message').removeAllListeners('exit');
        child.stderr?.removeAllListeners('data');
        resolve(result);
      };
      const watchdog = setTimeout(() => lost('hang'), this.limit);
      child.stderr?.on('data', (chunk: Buffer) => (lines += chunk.toString().slice(0, 4000)));
      child.once('message', (result) => settle(result as Told));
      child.once('exit', (code, signal) => lost(`crash: ${signal ?? `exit ${code}`}`));
      child.send(command);
    });
  }
}
