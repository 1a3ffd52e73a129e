import { resolve } from 'node:path';
import type { InferredOptionTypes, Options } from 'yargs';
import { checkFile, checkFolder, forgetInputs, protectInputs } from '../outputs/files/file.js';
import { type CommandFacts, type Mode, refuse } from './modes.js';

/** A subcommand as data; parse.ts reads its words, help.ts lays out its help. */
export interface Command extends CommandBody {
  /** As in the help: `show <name>`. */
  usage: string;
  summary: string;
}

/** What a command's own file says; its name and what it is for stand in the list of commands (commands.ts). */
export interface CommandBody {
  /** Options by name; the usage's positionals are among them. */
  options: Readonly<Record<string, Options>>;
  /** Options that name files to read, or folders of them: no output may be one of these. */
  reads?: readonly string[];
  /** Options that say where output goes: that is looked at before the work. */
  writes?: Readonly<Record<string, 'file' | 'folder'>>;
  /** Which options go together, in the order in which they are looked at; refused before the work, and shown in the help. */
  modes?: readonly Mode[];
  facts?: CommandFacts;
  /** A command line and what it is for. */
  examples: readonly (readonly [string, string])[];
  run(args: never): void | Promise<void>;
}

type Definition<O extends Record<string, Options>, F extends string> = Omit<
  CommandBody,
  'options' | 'reads' | 'writes' | 'modes' | 'facts' | 'run'
> & {
  options: O;
  reads?: readonly (keyof O & string)[];
  writes?: { readonly [Name in keyof O]?: 'file' | 'folder' };
  modes?: readonly Mode<(keyof O & string) | NoInfer<F>>[];
  facts?: CommandFacts<F>;
  run(args: InferredOptionTypes<O>): void | Promise<void>;
};

/** Ties the type of `run`'s arguments to the options, and looks at inputs and outputs before it runs. */
export function command<O extends Record<string, Options>, F extends string = never>(
  definition: Definition<O, F>,
): CommandBody {
  const modes = definition.modes;
  return {
    ...definition,
    writes: definition.writes as CommandBody['writes'],
    modes,
    run(args: InferredOptionTypes<O>) {
      checkPlaces(definition, args);
      refuse({ modes, facts: definition.facts }, args);
      return definition.run(args);
    },
  };
}

/** @throws Error when an output cannot be written, or is an input */
function checkPlaces<O extends Record<string, Options>, F extends string>(
  { reads = [], writes = {} }: Definition<O, F>,
  args: InferredOptionTypes<O>,
): void {
  forgetInputs();
  // Some options take several files, with commas between them, or some behind a name and an equals sign or a colon.
  protectInputs(
    reads
      .flatMap((name) => wordsOf(args[name]))
      .flatMap((word) => [word, word.slice(word.search(/[=:]/) + 1)])
      .flatMap((word) => [word, ...word.split(',')]),
  );
  refuseTwins(
    Object.keys(writes).filter((name) => writes[name] === 'file' && args[name] !== '-'),
    args,
  );
  for (const [name, kind] of Object.entries(writes))
    for (const path of wordsOf(args[name])) if (path !== '-') (kind === 'file' ? checkFile : checkFolder)(path);
}

/** @throws Error when two outputs are one file, of which the later would replace the former */
function refuseTwins(names: readonly string[], args: Readonly<Record<string, unknown>>): void {
  const seen = new Map<string, string>();
  for (const name of names)
    for (const path of wordsOf(args[name]).map((word) => resolve(word))) {
      const other = seen.get(path);
      if (other !== undefined && other !== name && !isDevice(path))
        throw new Error(`--${other} and --${name} name the same file: take another name for one`);
      seen.set(path, name);
    }
}

/** Such as /dev/null, which takes any number of outputs. */
function isDevice(path: string): boolean {
  return path.startsWith('/dev/');
}

function wordsOf(value: unknown): string[] {
  return [value].flat().filter((word) => typeof word === 'string');
}

export function nameOf({ usage }: Pick<Command, 'usage'>): string {
  return usage.split(' ')[0];
}

/** The names between the brackets of a usage: `<name>`, `[name]`. */
export function positionalsOf({ usage }: Pick<Command, 'usage'>): string[] {
  return [...usage.matchAll(/[<[](\w+)[>\]]/g)].map((match) => match[1]);
}
