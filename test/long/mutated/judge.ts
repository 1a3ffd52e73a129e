import type { Ending } from './pool.js';

/** What no message and no result may hold: the engine's own words for a mistake of the program. */
const ENGINE_TEXT = [
  /Cannot (?:read|set|convert|mix|destructure|access|perform|assign|delete|redefine)/,
  /is not (?:a function|iterable|defined|a constructor|extensible|a number\b.*BigInt)/,
  /Invalid (?:typed array|array|string|array buffer|count|regular|time|code point)/,
  /memory access out of bounds|unreachable|out of memory|allocation failed|heap limit/i,
  /Maximum call stack|Reduce of empty array|offset is out of bounds|Out of bounds access/,
  /The value of "|The number .* cannot be converted|The "\w+" argument|ERR_[A-Z_]+/,
  /Unexpected (?:token|end of|non-whitespace|identifier|number|string)|in JSON at position|Expected .* JSON/,
  /internal error|\bat .*\.[jt]s:\d+|node:internal|file:\/\/\//,
  /\b(?:Range|Type|Reference|Syntax|Assertion)?Error: /,
  /\[object \w+\]|\bfunction \w*\(/,
];

/** Words that may stand in an answer only where the input has them. */
const WORDS = [/\bundefined\b/, /(?<!\b(?:a|for|no|of) )\bNaN\b/];

export interface Case {
  args: readonly string[];
  /** Everything that the command could read, as text. */
  input: string;
  /** Files that were there before and after, by name and size or digest. */
  before: ReadonlyMap<string, string>;
  after: ReadonlyMap<string, string>;
}

/** A command that may say no, and so give 1. */
const VERDICT = /^FAIL: |"verdict": "FAIL"/m;

/** What is wrong with how a command ended, in a few words each; nothing where all is well. */
export function faultsOf({ args, input, before, after }: Case, { status, stdout, stderr }: Ending): string[] {
  if (typeof status === 'string') return [status];
  const faults: string[] = [];
  const engine = ENGINE_TEXT.find((pattern) => pattern.test(stderr) || pattern.test(stdout));
  if (engine !== undefined) faults.push(`engine text: ${engine.exec(stderr)?.[0] ?? engine.exec(stdout)?.[0]}`);
  for (const word of WORDS)
    if (word.test(stderr) && !new RegExp(word.source, 'i').test(`${input} ${args.join(' ')}`))
      faults.push(`${word.exec(stderr)?.[0]} in the message`);
  if (/\bundefined\b/.test(stdout) && !/undefined/.test(`${input} ${args.join(' ')}`))
    faults.push('undefined in the output');
  const isVerdict = args[0] === 'check' && VERDICT.test(stdout);
  if (![0, 1, 2].includes(status)) faults.push(`exit code ${status}`);
  else if (status === 1 && !isVerdict) faults.push('exit code 1 and no FAIL');
  if (status !== 0 && !isVerdict && !/^lastbit: [^\n]+\n$/.test(stderr))
    faults.push(`${stderr === '' ? 'nothing' : `${stderr.trimEnd().split('\n').length} lines`} on standard error`);
  if (status !== 0 && !isVerdict) {
    const more = [...after.keys()].filter((name) => !before.has(name));
    if (more.length > 0) faults.push('leftovers of a failure');
  }
  if ([...after.keys()].some((name) => /\.partial$|\.part$|\.lock$/.test(name))) faults.push('temporary files');
  const lost = [...before].filter(([name, digest]) => after.get(name) !== digest);
  if (status !== 0 && lost.some(([name]) => !/journal|checkpoint/.test(name)))
    faults.push('an input was changed by a failure');
  return faults;
}
