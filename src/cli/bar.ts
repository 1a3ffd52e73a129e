import { isatty, WriteStream } from 'node:tty';
import { isMainThread } from 'node:worker_threads';
import { type Options, SingleBar } from 'cli-progress';

/** A thread's own standard error is a pipe to the main thread, which is no terminal and waits for it to be idle. */
const stream = () => (!isMainThread && isatty(2) ? new WriteStream(2) : process.stderr);

/** A bar on a terminal, which is gone when it stops; elsewhere nothing is written. */
export function newBar(format: string, options: Options = {}): SingleBar {
  return new SingleBar({
    format,
    stream: stream(),
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    barsize: 30,
    ...options,
  });
}
