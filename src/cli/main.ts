import { answer, COMPLETE, report, requestOf } from './shell.js';

/** Commands that take time run in a thread of their own; what ends at once is answered here. */
async function begin(words: readonly string[]): Promise<void> {
  const request = words[0] === COMPLETE ? undefined : requestOf(words);
  if (request?.kind !== 'command' || request.entry.quick) return answer(words);
  const { supervise } = await import('./supervisor.js');
  return supervise(words);
}

begin(process.argv.slice(2)).catch((thrown: unknown) => process.exit(report(thrown)));
