import { type Column, numberText } from '../outputs/tables/table.js';
import { type Difference, type Kind, KINDS } from './differences.js';
import { Verdict } from './errors.js';
import { print, printJson, printTable } from './terminal.js';

/** A place where a unit's code is not the expected one. */
export interface Finding extends Difference {
  expectedCode: string;
  gotCode: string;
}

/** What a comparison has found up to now. */
export interface FindingTally<F extends Finding> {
  compared: number;
  differences: number;
  kinds: Partial<Record<Kind, number>>;
  /** The first ones, as many as are shown. */
  first: F[];
}

export function newTally<F extends Finding>(): FindingTally<F> {
  return { compared: 0, differences: 0, kinds: {}, first: [] };
}

/** Counts a difference, and keeps it where it is one of the first. */
export function record<F extends Finding>(tally: FindingTally<F>, shown: number, finding: F): void {
  tally.differences++;
  tally.kinds[finding.kind] = (tally.kinds[finding.kind] ?? 0) + 1;
  if (tally.first.length < shown) tally.first.push(finding);
}

/**
 * Prints the verdict and what it rests on.
 * @param lead columns that say where a difference is
 * @param things what was compared: rows, words
 * @throws Verdict where there are differences
 */
export function conclude<F extends Finding>(
  tally: FindingTally<F>,
  { json, wide }: { json: boolean; wide: boolean },
  things: string,
  lead: readonly Column<F>[],
): void {
  const { compared, differences, kinds, first } = tally;
  const verdict = differences === 0 ? 'PASS' : 'FAIL';
  if (json) printJson({ verdict, [things]: compared, differences, kinds, first: first.map(withNumbers) });
  else {
    if (first.length > 0) printTable([...lead, ...COLUMNS], first, wide);
    for (const kind of KINDS) if (kinds[kind] !== undefined) print(`${kinds[kind]} x ${kind}`);
    print(`${verdict}: ${differences} of ${compared} ${things} differ`);
  }
  if (differences > 0) throw new Verdict(verdict);
}

const COLUMNS: readonly Column<Finding>[] = [
  { title: 'expected', value: (f) => f.expectedCode },
  { title: 'value', value: (f) => numberText(f.expected) },
  { title: 'got', value: (f) => f.gotCode },
  { title: 'value', value: (f) => numberText(f.got) },
  { title: 'ulp', value: (f) => numberText(f.ulp) },
  { title: 'kind', value: (f) => f.kind },
];

/** JSON has no infinity and no NaN: null, and the codes say which. */
function withNumbers(finding: Finding): object {
  const { expected, got, ulp } = finding;
  return { ...finding, expected: finite(expected), got: finite(got), ulp: finite(ulp) };
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);
