import parser from 'yargs-parser';
import type { Options } from 'yargs';
import { didYouMean } from '../text/nearest.js';
import { type Command, nameOf, positionalsOf } from './command.js';
import { UsageError } from './errors.js';

/**
 * A command's words as the values of its options, in their types and with their defaults; an option that was not given
 * and has no default is left out. The command's own name is the first word.
 * @throws UsageError in one line for what the command does not know, lacks, or cannot take
 */
export function parseArguments(words: readonly string[], command: Command): Record<string, unknown> {
  refuseUnknownOptions(words, command);
  const options = Object.entries(command.options);
  const named = (type: string) => options.filter(([, option]) => option.type === type).map(([name]) => name);
  const { _: plain, ...given } = parser(tieDashes(words), {
    string: [...named('string'), ...named('number')],
    boolean: named('boolean'),
    array: options.filter(([, { array }]) => array).map(([name]) => name),
    // What may be repeated takes one word each time, so that none behind it is swallowed.
    narg: Object.fromEntries(options.flatMap(([name, { nargs }]) => (nargs === undefined ? [] : [[name, nargs]]))),
    alias: Object.fromEntries(options.map(([name, { alias }]) => [name, [alias ?? []].flat()])),
    configuration: {
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    },
  });
  placePositionals(plain.slice(1).map(String), given, command);
  const values: Record<string, unknown> = {};
  for (const [name, option] of options) {
    const value = valueOf(lastOf(given[name], option), shownName(name, command), option);
    if (value !== undefined) values[name] = value;
  }
  refuseMissing(values, command);
  return values;
}

/** Of an option that was given several times and takes one value, the last. */
function lastOf(given: unknown, { array }: Options): unknown {
  return Array.isArray(given) && array !== true ? given.at(-1) : given;
}

/** Refuses an option that the command has not, before the parser finds others missing. */
function refuseUnknownOptions(words: readonly string[], command: Command): void {
  const aliases = Object.values(command.options).flatMap(({ alias }) => alias ?? []);
  const known = [...Object.keys(command.options), ...aliases, 'help', 'version'];
  for (const word of words) {
    if (word === '--' || !/^-./.test(word) || Number.isFinite(Number(word))) continue;
    const name = /^--?(?:no-)?([^=]+)/.exec(word)?.[1] ?? word;
    // The parser takes any word behind a boolean's equals sign for true.
    if (command.options[name]?.type === 'boolean' && /=(?!true$|false$)/.test(word))
      throw new UsageError(`--${name} takes no value: give it, or leave it out`);
    if (word.startsWith('--') && known.includes(name)) continue;
    const near = didYouMean(name, known).replace(/"(.*)"/, '--$1');
    throw new UsageError(
      `${nameOf(command)} has no option ${word.split('=')[0]}${near || `; see "lastbit ${nameOf(command)} --help"`}`,
    );
  }
}

/**
 * The parser takes a lone `-` (standard input or output) for an argument of its own, and `-1e-3` for one-letter options:
 * they are tied to the option before them.
 */
function tieDashes(words: readonly string[]): string[] {
  const ties = (i: number) => isValue(words[i] ?? '') && /^--[^=]+$/.test(words[i - 1] ?? '');
  return words.flatMap((word, i) => {
    if (ties(i)) return [];
    return ties(i + 1) ? [`${word}=${words[i + 1]}`] : [word];
  });
}

const isValue = (word: string) => word === '-' || (/^-[\d.]/.test(word) && Number.isFinite(Number(word)));

/** `<name>` for what stands by its place, else `--name`. */
function shownName(name: string, command: Command): string {
  return positionalsOf(command).includes(name) ? `<${name}>` : `--${name}`;
}

function placePositionals(plain: readonly string[], given: Record<string, unknown>, command: Command): void {
  const names = positionalsOf(command);
  const surplus = plain[names.length];
  const help = `see "lastbit ${nameOf(command)} --help"`;
  if (surplus !== undefined) throw new UsageError(`${nameOf(command)} does not take "${surplus}" there; ${help}`);
  plain.forEach((word, i) => (given[names[i]] = word));
  const needed = names.filter((name) => command.options[name]?.demandOption === true);
  if (needed.some((name) => given[name] === undefined))
    throw new UsageError(`${command.usage} needs ${needed.map((name) => `<${name}>`).join(' ')}; ${help}`);
}

function refuseMissing(values: Readonly<Record<string, unknown>>, command: Command): void {
  const missing = Object.entries(command.options)
    .filter(([name, { demandOption }]) => demandOption === true && values[name] === undefined)
    .map(([name]) => `--${name}`);
  if (missing.length > 0)
    throw new UsageError(`${missing.join(', ')} must be given; see "lastbit ${nameOf(command)} --help"`);
}

/** One option's value from the parser's, checked. */
function valueOf(given: unknown, shown: string, option: Options): unknown {
  if (given === undefined) return option.default;
  if (option.type === 'boolean') return given;
  const words = (Array.isArray(given) ? given : [given]).map(String);
  for (const word of words) {
    // The parser gives nothing for an option that ends the line, and a list's option may hold any number of words.
    if (word === '' && option.array !== true) throw new UsageError(`${shown} needs a value`);
    const { choices } = option;
    if (choices !== undefined && !choices.includes(word))
      throw new UsageError(
        `${shown} is one of ${choices.join(', ')}, found "${word}"${didYouMean(word, choices.map(String))}`,
      );
  }
  if (option.type !== 'number') return option.array === true ? words : words[0];
  const number = Number(words[0]);
  if (Number.isNaN(number)) throw new UsageError(`${shown} must be a number, found "${words[0]}"`);
  return number;
}
