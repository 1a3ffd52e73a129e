import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));

/** A test that takes this many times as long as without the mutant, and a start on top, does not end. */
const PATIENCE = 10;
const START_MS = 30_000;

/** A process that tries mutants, begun anew after one that never ended. */
function trier() {
  let child;
  const begin = () =>
    new Promise((resolve, reject) => {
      // A group of its own: the tests' processes end with it.
      child = fork(WORKER, { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      child.once('message', resolve);
      child.once('error', reject);
    });
  const kill = () => {
    // Its end is no news any more, and must not be taken for that of the next one.
    child.removeAllListeners();
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {}
    child = undefined;
  };
  return {
    kill: () => child && kill(),
    async attempt(job) {
      if (child === undefined) await begin();
      const own = child;
      return new Promise((resolve, reject) => {
        let timer;
        const settle = (outcome) => {
          clearTimeout(timer);
          // One that was killed ends when the next is there already.
          own.removeAllListeners();
          resolve(outcome);
        };
        own.on('message', ({ test, done, by }) => {
          clearTimeout(timer);
          if (done) return settle(by === undefined ? { state: 'survived' } : { state: 'killed', by });
          const { ms } = job.tests.find((each) => each.test === test);
          timer = setTimeout(() => {
            // In this order: the end of this process is no answer to what the next one is sent.
            settle({ state: 'endless', by: test });
            kill();
          }, PATIENCE * ms + START_MS);
        });
        own.on('exit', () => {
          child = undefined;
          clearTimeout(timer);
          reject(new Error(`the process that tried ${job.path} ended`));
        });
        const { path, mutant, tests } = job;
        own.send({ path, mutant, tests });
      });
    },
  };
}

/** Tries all, some at a time. `onEach` hears each outcome. */
export async function tryAll(jobs, threads, onEach) {
  const triers = Array.from({ length: threads }, trier);
  const waiting = [...jobs];
  const work = async (own) => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const begun = Date.now();
      const outcome = job.tests.length === 0 ? { state: 'unreached' } : await own.attempt(job);
      onEach(job, { ...outcome, ms: Date.now() - begun });
    }
    own.kill();
  };
  const killAll = () => triers.forEach((own) => own.kill());
  const stop = () => {
    killAll();
    process.exit(130);
  };
  // Groups of their own do not hear of it themselves, and a mutant that never ends would go on.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
  try {
    await Promise.all(triers.map(work));
  } finally {
    killAll();
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
  }
}
