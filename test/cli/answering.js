// Between a test, which waits, and the process that answers it, in a thread of its own: a thread that waits hears nothing.
import { fork } from 'node:child_process';
import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerData } from 'node:worker_threads';

const { port, raised } = workerData;
const folder = mkdtempSync(join(tmpdir(), 'lastbit-answers-'));
const paths = ['out', 'error'].map((name) => join(folder, name));
// Opened for appending, so that what is emptied begins at its start again.
const [out, error] = paths.map((path) => openSync(path, 'a'));
const stdio = ['ignore', out, error, 'ipc'];
// It ends, and takes its folder with it, when this process is gone, in whatever way.
const child = fork(fileURLToPath(new URL('answers.js', import.meta.url)), [folder, ...paths], { stdio });
for (const descriptor of [out, error]) closeSync(descriptor);

function raise(answer) {
  if (answer !== undefined) port.postMessage(answer);
  Atomics.store(raised, 0, 1);
  Atomics.notify(raised, 0);
}

port.on('message', (question) => child.send(question));
child.on('message', raise);
child.on('exit', () => raise());
