import { didYouMean } from '../text/nearest.js';
import { nameOf } from './command.js';
import { COMMANDS, type Entry, entryNamed } from './commands.js';
import { exitCodeOf, explain, UsageError, Verdict } from './errors.js';
import { parseArguments } from './parse.js';
import { print, remark } from './terminal.js';
import { VERSION } from './version.js';

const HELP = ['-h', '--help'];
const VERSIONS = ['-V', '--version'];

/** What a shell's completion calls; it is in no help. */
export const COMPLETE = '__complete';

/** What a command line asks for: a page of help, the version, or a command with its words. */
export type Request = { kind: 'help'; of?: Entry } | { kind: 'version' } | { kind: 'command'; entry: Entry };

/** @throws UsageError for a command that there is not */
export function requestOf(words: readonly string[]): Request {
  const [first, second] = words;
  const asked = words.slice(0, words.includes('--') ? words.indexOf('--') : undefined);
  if (first === 'help') return second === undefined ? { kind: 'help' } : { kind: 'help', of: entryOf(second) };
  if (first === 'version' || (first !== undefined && VERSIONS.includes(first))) return { kind: 'version' };
  if (first === undefined || HELP.includes(first)) return { kind: 'help' };
  if (first.startsWith('-')) throw new UsageError(`there is no option ${first} before a command; see "lastbit --help"`);
  const entry = entryOf(first);
  if (asked.some((word) => HELP.includes(word))) return { kind: 'help', of: entry };
  return asked.some((word) => VERSIONS.includes(word)) ? { kind: 'version' } : { kind: 'command', entry };
}

function entryOf(name: string): Entry {
  const entry = entryNamed(name);
  if (entry !== undefined) return entry;
  const near = didYouMean(name, COMMANDS.map(nameOf));
  throw new UsageError(`there is no command "${name}"${near || '; "lastbit --help" lists them'}`);
}

/** Does what a command line asks for. @throws what the command throws */
export async function answer(words: readonly string[]): Promise<void> {
  if (words[0] === COMPLETE) return complete(words.slice(1));
  const request = requestOf(words);
  if (request.kind === 'version') return print(VERSION);
  if (request.kind === 'command') {
    const command = await request.entry.load();
    return command.run(parseArguments(words, command) as never);
  }
  const { generalHelp, commandHelp } = await import('./help.js');
  print(request.of === undefined ? await generalHelp() : await commandHelp(await request.of.load()));
}

/** Prints candidates for a shell, a line each; a line that cannot be completed is no error there. */
async function complete(words: readonly string[]): Promise<void> {
  const { candidatesFor } = await import('./candidates.js');
  for (const [word, about] of await candidatesFor(words)) print(`${word}\t${about}`);
}

/** Says in one line why something was thrown. @returns the exit code that it means */
export function report(thrown: unknown): number {
  // Whoever reads our output has gone away: nothing is wrong, and no one is left to tell.
  if ((thrown as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') return 0;
  if (!(thrown instanceof Verdict)) remark(explain(thrown));
  return exitCodeOf(thrown);
}
