/** Exception flags as bits, with SoftFloat's values. */
export const INEXACT = 1;
export const UNDERFLOW = 2;
export const OVERFLOW = 4;
export const INVALID_FLAG = 16;

const FLAG_NAMES: readonly [number, string][] = [
  [INEXACT, 'inexact'],
  [OVERFLOW, 'overflow'],
  [UNDERFLOW, 'underflow'],
  [INVALID_FLAG, 'invalid'],
];

/** "inexact overflow": the names of the flags that are set, separated by a space. */
export function flagNames(flags: number): string {
  return FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(' ');
}
