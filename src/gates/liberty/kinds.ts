import type { LibraryCell } from './cell.js';
import { namesIn } from './expression.js';
import { type Group, groupsOf, valueOf } from './syntax.js';

/** Which cells are gates and plain registers, and what the others are. */

/** Pins of a cell, one by one: `pin (A, B)` is two. */
export const pinsOf = (cell: Group): Group[] =>
  groupsOf(cell, 'pin').flatMap((pin) => pin.args.map((name) => ({ ...pin, args: [name] })));

/** What a cell is that is neither gate nor register. */
export function otherOf(cell: Group, outputs: readonly Group[]): string | undefined {
  const has = (...kinds: string[]) => cell.groups.filter(({ kind }) => kinds.includes(kind)).length;
  if (has('bus', 'bundle') > 0) return 'a cell of buses';
  if (has('latch', 'latch_bank') > 0) return 'a latch';
  if (has('ff', 'ff_bank') > 1 || has('ff_bank') > 0) return 'several registers';
  if (has('statetable') > 0 || valueOf(cell, 'clock_gating_integrated_cell') !== undefined)
    return 'a cell with a state table';
  if (outputs.some((pin) => valueOf(pin, 'three_state') !== undefined)) return 'a three-state driver';
  if (outputs.length === 0 || outputs.some((pin) => valueOf(pin, 'function') === undefined))
    return 'a cell without a function';
  return undefined;
}

/** What a gate or register lacks to be one: without the time of all its edges a path through it would be too short. */
export function lackOf({ inputs, outputs, register }: LibraryCell): string | undefined {
  const known = inputs.map(({ name }) => name);
  if (register !== undefined) {
    const { clock, next, clears } = register;
    // One that looks at its own state, as those with an enable do, is not plain.
    if (![clock, ...[next, ...clears].flatMap(namesIn)].every((name) => known.includes(name)))
      return 'a register that is not plain';
  }
  const timed = outputs.every(({ value, arcs }) =>
    (register === undefined ? namesIn(value) : [register.clock]).every((name) =>
      arcs.some(({ from }) => from === name),
    ),
  );
  return timed ? undefined : 'a cell without timing';
}

/** Whether the library keeps a cell from synthesis; registers for scan are kept too. */
export const isKept = (cell: Group): boolean =>
  valueOf(cell, 'dont_use') === 'true' ||
  valueOf(cell, 'dont_touch') === 'true' ||
  groupsOf(cell, 'test_cell').length > 0;
