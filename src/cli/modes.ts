import { UsageError } from './errors.js';

/**
 * What options ask of each other, as data: where those of `with` are given and those of `without` are not, those of
 * `needs` must be given and those of `refuses` have no effect. Names are options, or what `facts` of a command tells.
 */
export interface Mode<Name extends string = string> {
  with?: readonly Name[];
  without?: readonly Name[];
  needs?: readonly Name[];
  refuses?: readonly Name[];
  /** The line for a command line that breaks it. @param option the one that is missing, or that should be left out */
  says(option: Name, args: Readonly<Record<string, unknown>>): string;
}

/** Of commands that work on the product of a network's layer, or on what they draw themselves. */
export const LAYER_MODES = [
  { with: ['network'], needs: ['layer'], says: () => '--network and --layer go together' },
  { with: ['layer'], needs: ['network'], says: () => '--network and --layer go together' },
  {
    without: ['network'],
    refuses: ['image', 'data'],
    says: (option: string) => `--${option} goes with --network and --layer: leave it out`,
  },
] as const;

/** What a command line says beyond its options, such as of what kind a named file is: names and in words, for the help. */
export interface CommandFacts<Name extends string = string> {
  words: Readonly<Record<Name, string>>;
  of(args: Readonly<Record<string, unknown>>): Readonly<Record<Name, boolean>>;
}

/** What is to be known of a command here. */
interface Moded {
  usage?: string;
  modes?: readonly Mode[];
  facts?: CommandFacts;
}

/** @throws UsageError with the line of the first mode that the arguments break */
export function refuse({ modes = [], facts }: Moded, args: Readonly<Record<string, unknown>>): void {
  let told: Readonly<Record<string, boolean>> | undefined;
  const isGiven = (name: string): boolean => {
    // CommandFacts may need a file to be read: they are asked for late.
    const value = facts !== undefined && name in facts.words ? (told ??= facts.of(args))[name] : args[name];
    return value !== undefined && value !== false;
  };
  for (const { with: given = [], without = [], needs = [], refuses = [], says } of modes) {
    if (!given.every(isGiven) || without.some(isGiven)) continue;
    const wrong = needs.find((name) => !isGiven(name)) ?? refuses.find(isGiven);
    if (wrong !== undefined) throw new UsageError(says(wrong, args));
  }
}

/** The modes in words, a line each, for the help. */
export function modeLines({ modes = [], facts, usage = '' }: Moded): string[] {
  const called = (name: string) =>
    facts?.words[name] ?? (usage.includes(`<${name}>`) || usage.includes(`[${name}]`) ? `<${name}>` : `--${name}`);
  const all = (names: readonly string[]) => names.map(called).join(', ');
  return modes.map(({ with: given = [], without = [], needs = [], refuses = [] }) => {
    const where = [given.length > 0 && `with ${all(given)}`, without.length > 0 && `without ${all(without)}`];
    const what = [needs.length > 0 && `needs ${all(needs)}`, refuses.length > 0 && `leave out ${all(refuses)}`];
    return `${where.filter(Boolean).join(', ')}: ${what.filter(Boolean).join('; ')}`;
  });
}
