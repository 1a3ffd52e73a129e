import type { MethodKind } from '../recipes/method.js';
import { nameOf, positionalsOf } from './command.js';
import { COMMANDS, entryNamed } from './commands.js';

/** What a shell may put in place of a word, with what is said of it. */
export type Completion = readonly [word: string, about: string];

const targetNames = async () => (await import('../targets/catalog.js')).TARGETS.map(({ name }) => name);
const datapathNames = async () => (await import('../datapaths/catalog.js')).DATAPATHS.map(({ name }) => name);
const formatNames = async () => (await import('../formats/catalog.js')).FORMATS.map(({ name }) => name);
const methodNames = async (kind?: MethodKind) =>
  (await import('../recipes/catalog.js')).METHODS.filter((method) => kind === undefined || method.kind === kind).map(
    ({ name }) => name,
  );

/** Catalogues of names by the option that takes one; `command option` where one word means two things. */
const NAMES: Readonly<Record<string, () => Promise<string[]>>> = {
  target: targetNames,
  targets: targetNames,
  datapath: datapathNames,
  from: formatNames,
  to: formatNames,
  recipe: () => methodNames('after'),
  'train recipe': () => methodNames('training'),
  recipes: () => methodNames(),
  'rtl name': async () => [...new Set([...(await datapathNames()), ...(await targetNames())])],
  'show name': async () => [
    ...new Set(
      await Promise.all([formatNames(), datapathNames(), targetNames(), methodNames()]).then((all) => all.flat()),
    ),
  ],
};

/**
 * What may stand in place of the last word.
 * @param words of the command line, without `lastbit`; the last is being typed, and may be empty
 */
export async function candidatesFor(words: readonly string[]): Promise<Completion[]> {
  const typed = words.at(-1) ?? '';
  const [name] = words;
  if (words.length <= 1 || name === 'help')
    return COMMANDS.map((entry) => [nameOf(entry), entry.summary] as const).filter(([word]) => word.startsWith(typed));
  const entry = entryNamed(name);
  if (entry === undefined) return [];
  const known = await entry.load();
  const option = /^--(.+)$/.exec(words.at(-2) ?? '')?.[1];
  const taken = option === undefined ? undefined : optionNamed(option);
  const values = taken === undefined || taken[1].type === 'boolean' ? undefined : await valuesOf(taken[0]);
  const all = values ?? [...(await placeValues()), ...optionsLeft()];
  return all.filter(([word]) => word.startsWith(typed));

  function optionNamed(text: string) {
    return Object.entries(known.options).find(([own, { alias }]) => own === text || alias === text);
  }
  async function valuesOf(own: string): Promise<Completion[]> {
    const { choices } = known.options[own];
    const names = choices?.map(String) ?? (await (NAMES[`${name} ${own}`] ?? NAMES[own])?.()) ?? [];
    return names.map((word) => [word, ''] as const);
  }
  /** Of the next positional, as long as no option stands before it. */
  async function placeValues(): Promise<Completion[]> {
    const place = words.slice(1, -1).every((word) => !word.startsWith('-')) ? words.length - 2 : -1;
    const own = positionalsOf(known)[place];
    return own === undefined || typed.startsWith('-') ? [] : valuesOf(own);
  }
  /** Options that were not given yet; only where one is begun, so that files come first. */
  function optionsLeft(): Completion[] {
    if (!typed.startsWith('-')) return [];
    const places = positionalsOf(known);
    const left = Object.entries(known.options).filter(([own]) => !places.includes(own) && !words.includes(`--${own}`));
    return left.map(([own, { describe }]) => [`--${own}`, (describe ?? '').split('\n')[0]] as const);
  }
}
