import { checkUnchanged, type Inquiry } from './inquiry.js';
import type { Journal } from './journal.js';
import { type PoolOptions, runAll } from './pool.js';
import { type Outcome, OUTCOME, type RunResult } from './run.js';

/** Those that have to be run: of equal ones the first, and none that the journal knows. */
export function unfinishedOf<T extends Inquiry>(inquiries: readonly T[], journal: Journal): T[] {
  const first = new Map<string, T>();
  for (const inquiry of inquiries) if (!first.has(inquiry.key)) first.set(inquiry.key, inquiry);
  return [...first.values()].filter(({ key }) => journal.find(key) === undefined);
}

/** Runs on worker threads what the journal does not know, and journals each as it ends. @returns in the order asked */
export async function outcomesOf(
  inquiries: readonly Inquiry[],
  journal: Journal,
  options: PoolOptions = {},
): Promise<Outcome[]> {
  const unfinished = unfinishedOf(inquiries, journal);
  await runAll(
    unfinished.map(({ plan }) => plan),
    {
      ...options,
      finished(result, index) {
        const inquiry = unfinished[index];
        checkUnchanged(inquiry);
        journal.add(inquiry.key, inquiry.inputs, outcomeIn(result));
      },
    },
  );
  return inquiries.map(({ key }) => journal.find(key) as Outcome);
}

function outcomeIn(result: RunResult): Outcome {
  return Object.fromEntries(OUTCOME.map((field) => [field, result[field]])) as unknown as Outcome;
}
