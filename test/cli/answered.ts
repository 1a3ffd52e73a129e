import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';

/** What a command line gives. */
export interface Answer {
  status: number;
  stdout: string;
  stderr: string;
}

/** More than the slowest of them takes on a busy machine. */
const MOST_MS = 180_000;

interface Line {
  port: MessagePort;
  /** Raised by the worker with each answer. */
  raised: Int32Array;
}

let line: Line | undefined;

function connected(): Line {
  const { port1: port, port2 } = new MessageChannel();
  const raised = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { port: port2, raised };
  // It lasts as long as the process does, which runs one file of tests after another.
  new Worker(new URL('answering.js', import.meta.url), { workerData, transferList: [port2] }).unref();
  return { port, raised };
}

/**
 * What the command says to these words in this folder, without a process of its own: for tests of what it says. How it
 * starts, reads standard input, is stopped and ends is tested with `lastbit`, which runs the real command.
 */
export function answered(folder: string, words: readonly string[]): Answer {
  const { port, raised } = (line ??= connected());
  Atomics.store(raised, 0, 0);
  port.postMessage({ folder, words });
  const waited = Atomics.wait(raised, 0, 0, MOST_MS);
  const answer = receiveMessageOnPort(port)?.message as Answer | undefined;
  if (waited === 'timed-out' || answer === undefined) throw new Error(`no answer: lastbit ${words.join(' ')}`);
  return answer;
}
