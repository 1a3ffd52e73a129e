// Runs command lines of the built program one after another in this process, which is a hundred times faster than to
// start one for each. What the command writes on the standard streams is kept and sent to the parent.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const built = process.argv[2];
const of = (file) => import(pathToFileURL(join(built, file)).href);
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit', 'uncaughtException', 'unhandledRejection'];
const written = ['', '', ''];
let status;
let running;
let before;
let giveUp;

const { answer, report } = await of('cli/shell.js');
const { discardUnfinished } = await of('outputs/files/begun.js');

const writeSync = fs.writeSync;
fs.writeSync = (descriptor, chunk, ...rest) => {
  // Left out is not 0: for text the third argument is a place in the file.
  if (descriptor !== 1 && descriptor !== 2) return writeSync(descriptor, chunk, ...rest);
  const [at = 0] = rest;
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk).subarray(at);
  // A process that has ended says no more.
  if (status === undefined) written[descriptor] += bytes.toString();
  return bytes.length;
};
syncBuiltinESMExports();
process.stdout.write = (chunk) => fs.writeSync(1, chunk) >= 0;
process.stderr.write = (chunk) => fs.writeSync(2, chunk) >= 0;

// The command ends its process when it fails; here that ends the case. What still runs then is given up with the process.
process.exit = (code = 0) => {
  status ??= code;
  giveUp ??= setTimeout(() => finish(true), 500).unref();
};

/** Milliseconds of processor time, of all threads. */
function cpuSince(earlier) {
  const { user, system } = process.cpuUsage(earlier);
  return (user + system) / 1000;
}

function finish(retire) {
  if (running === undefined) return;
  clearTimeout(giveUp);
  giveUp = undefined;
  const result = { id: running, status: status ?? Number(process.exitCode ?? 0), stdout: written[1], stderr: written[2], retire, cpu: cpuSince(before) };
  running = undefined;
  process.channel.ref();
  process.send(result);
}

// Nothing is left to do for the command: it has come to its end.
process.on('beforeExit', () => finish(false));

process.on('message', ({ id, folder, args }) => {
  for (const name of SIGNALS) process.removeAllListeners(name);
  process.chdir(folder);
  process.exitCode = undefined;
  [written[1], written[2], status, running] = ['', '', undefined, id];
  process.channel.unref();
  before = process.cpuUsage();
  answer(args).then(() => process.exit(0), failed);
});

// As the thread of a command does it: what was begun goes first.
function failed(thrown) {
  discardUnfinished();
  process.exit(report(thrown));
}

process.send({ ready: true });
