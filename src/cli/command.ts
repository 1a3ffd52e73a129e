import type { InferredOptionTypes, Options } from 'yargs';

/** A subcommand as data; parse.ts reads its words, help.ts lays out its help. */
export interface Command {
  /** As in the help: `show <name>`. */
  usage: string;
  summary: string;
  /** Options by name; the usage's positionals are among them. */
  options: Readonly<Record<string, Options>>;
  /** A command line and what it is for. */
  examples: readonly (readonly [string, string])[];
  run(args: never): void | Promise<void>;
}

type Definition<O extends Record<string, Options>> = Omit<Command, 'options' | 'run'> & {
  options: O;
  run(args: InferredOptionTypes<O>): void | Promise<void>;
};

/** Ties the type of `run`'s arguments to the options. */
export function command<O extends Record<string, Options>>(definition: Definition<O>): Command {
  return definition;
}

export function nameOf({ usage }: Pick<Command, 'usage'>): string {
  return usage.split(' ')[0];
}

/** The names between the brackets of a usage: `<name>`, `[name]`. */
export function positionalsOf({ usage }: Pick<Command, 'usage'>): string[] {
  return [...usage.matchAll(/[<[](\w+)[>\]]/g)].map((match) => match[1]);
}
