import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { counted } from '../text/plural.js';
import { type Inputs, type Journal, openJournal } from '../simulate/journal.js';
import { remark } from './terminal.js';

/** What the commands share that keep a journal in their folder. */
export const freshOption = {
  type: 'boolean',
  default: false,
  describe: 'forget what an earlier, interrupted run has done',
} as const;

/** Runs `body` with the folder's journal, which is closed when it ends. */
export async function journaled<T>(folder: string, fresh: boolean, body: (journal: Journal) => Promise<T>): Promise<T> {
  const path = join(folder, 'journal.ndjson');
  if (fresh) rmSync(path, { force: true });
  const journal = openJournal(path);
  if (journal.foreign)
    remark(`${path} was kept by another build of lastbit, whose results are not used: all is done again`);
  try {
    return await body(journal);
  } finally {
    journal.close();
  }
}

/** Says what of an earlier run is used and what is not; nothing where all is new or all is known. */
export function remarkOnJournal(journal: Journal, unfinished: readonly { inputs: Inputs }[], all: number): void {
  const changed = new Set(unfinished.flatMap(({ inputs }) => journal.changed(inputs)));
  if (changed.size > 0)
    remark(
      `${[...changed].join(', ')} changed since the last run: ${counted(unfinished.length, 'run')} of ${all} to do`,
    );
  else if (unfinished.length > 0 && unfinished.length < all)
    remark(`goes on after ${all - unfinished.length} of ${all} runs`);
}
