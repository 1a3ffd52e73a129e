import { Worker } from 'node:worker_threads';
import { type BegunEvent, ledger } from '../outputs/files/begun.js';
import { remark } from './terminal.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** What a thread is given to stop in, in milliseconds; it stops within a few unless the system holds it in a call. */
const PATIENCE = 200;

/**
 * Runs a command in a thread of its own and stays free to hear signals: a long loop never yields, so in one thread no
 * handler would run before its end. The thread tells which files, folders and locks it begins; on a signal it is
 * terminated and they are removed.
 */
export async function supervise(words: readonly string[]): Promise<never> {
  const { columns } = process.stdout as { columns?: number };
  if (columns !== undefined) process.env.LASTBIT_COLUMNS ??= String(columns);
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: words, stdin: true });
  const begun = ledger();
  worker.on('message', (event: BegunEvent) => begun.note(event));
  // Only a command that reads it may wait for standard input.
  if (words.some((word) => word === '-' || word.endsWith('=-')))
    process.stdin.pipe(worker.stdin as NodeJS.WritableStream);
  else worker.stdin?.end();
  let stopping = false;
  for (const [signal, code] of Object.entries(SIGNALS))
    process.once(signal, async () => {
      stopping = true;
      await Promise.race([worker.terminate(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
      begun.discard();
      if (process.stderr.isTTY) process.stderr.write(AFTER_A_BAR);
      remark(`stopped by ${signal}; what was not finished has been removed`);
      process.exit(code);
    });
  return new Promise(() => {
    worker.on('error', (error: NodeJS.ErrnoException) => {
      begun.discard();
      remark(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? OUT_OF_MEMORY
          : `internal error, please report it: ${error.message}`,
      );
      process.exit(2);
    });
    worker.on('exit', (code) => {
      if (!stopping) process.exit(code);
    });
  });
}

const OUT_OF_MEMORY =
  'the memory is used up: take a smaller job, or more memory with NODE_OPTIONS=--max-old-space-size=<megabytes>';

/** What puts a terminal right after a bar that could not stop: the line cleared, the cursor shown. */
const AFTER_A_BAR = '\r\u001b[K\u001b[?25h';
