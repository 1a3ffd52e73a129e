import { parentPort, workerData } from 'node:worker_threads';
import { announceTo, discardUnfinished } from '../outputs/files/begun.js';
import { answer, report } from './shell.js';

/** The thread in which a command runs, so that the one that started it can hear signals. */
announceTo((event) => parentPort?.postMessage(event, []));

function fail(thrown: unknown): never {
  discardUnfinished();
  process.exit(report(thrown));
}

process.on('exit', discardUnfinished);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

answer(workerData as string[]).then(() => process.exit(0), fail);
