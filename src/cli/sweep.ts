import { basename, extname, join } from 'node:path';
import { counted } from '../text/plural.js';
import { readText } from '../text/read.js';
import { checkFolder, protectInputs, writeChanged } from '../outputs/files/file.js';
import { inLockedFolder } from '../outputs/files/lock.js';
import { resultCsv, resultJson, SWEEP_COLUMNS } from '../outputs/tables/results.js';
import type { Journal } from '../simulate/journal.js';
import { unfinishedOf } from '../simulate/outcomes.js';
import type { PoolOptions } from '../simulate/pool.js';
import { type ActivityOf, planSweep, runSweep, type SweepPlan, type SweepPoint } from '../simulate/sweep.js';
import { parseSweep } from '../simulate/sweepFile.js';
import { activities } from './gateUnits.js';
import { integer, jsonOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { freshOption, journaled, remarkOnJournal } from './journaled.js';
import { and, energyOption, threadsOption } from './options.js';
import { ownDataFrom, ownDataOptions } from './ownData.js';
import { readingFrom, readingOptions } from './reading.js';
import { progressBar, threadsFrom } from './runs.js';
import { print, printJson, printResults, remark } from './terminal.js';

/** `sweep`: all combinations of networks, datapaths and arrays. */
export const sweepCommand = command({
  options: {
    file: { type: 'string', demandOption: true, describe: 'YAML or JSON; "lastbit schema sweep" says what is in it' },
    out: {
      type: 'string',
      describe: "folder for sweep.csv and its journal; default: the file's name without its ending, in this folder",
    },
    ...ownDataOptions,
    data: and(ownDataOptions.data, '', "in place of the file's: "),
    images: { type: 'number', describe: "images to run on, in place of the file's" },
    ...readingOptions,
    energy: energyOption,
    fresh: freshOption,
    threads: threadsOption,
    json: jsonOption,
    wide: wideOption,
  },
  reads: ['file', 'data', 'input', 'energy'],
  writes: { out: 'folder' },
  examples: [
    ['sweep space.yaml', 'writes space/sweep.csv; the same command goes on after a kill'],
    ['sweep space.yaml --threads 1 --json', 'the same rows in the same order'],
  ],
  async run({ file, out, energy, fresh, threads, json, wide, ...given }) {
    const parsed = parseSweep(readText(file), file);
    const { images } = given;
    const sweep = images === undefined ? parsed : { ...parsed, images: integer(images, '--images', 1) };
    const { networks, reference = [], data = [], datapaths } = sweep;
    protectInputs([networks, reference, data, datapaths].flat());
    const folder = out ?? basename(file, extname(file));
    checkFolder(folder);
    const options = threadsFrom(threads);
    const own = ownDataFrom({ ...given, data: given.data ?? sweep.data });
    const plan = await planSweep(sweep, {
      reading: readingFrom(given),
      data: own,
      ...(energy !== undefined && { energy }),
    });
    for (const reason of plan.skipped) remark(`skipped ${reason}`);
    const activityOf = await activities(plan.points);
    const path = join(folder, 'sweep.csv');
    const points = await inLockedFolder(folder, async () => {
      const points = await journaled(folder, fresh, (journal) => runWithJournal(plan, journal, options, activityOf));
      await writeChanged(path, resultCsv(SWEEP_COLUMNS, points));
      return points;
    });
    if (json) return printJson(points.map((point) => resultJson(SWEEP_COLUMNS, point)));
    printResults(SWEEP_COLUMNS, points, wide);
    print(`\n${counted(points.length, 'point')} in ${path}`);
  },
});

async function runWithJournal(
  plan: SweepPlan,
  journal: Journal,
  options: PoolOptions,
  activityOf: ActivityOf,
): Promise<SweepPoint[]> {
  const all = new Set(plan.points.map(({ key }) => key)).size;
  const unfinished = unfinishedOf(plan.points, journal);
  remarkOnJournal(journal, unfinished, all);
  const bar = progressBar(
    unfinished.reduce((sum, { plan: { data } }) => sum + data.images, 0),
    'images',
  );
  try {
    return await runSweep(plan, journal, { ...options, progress: (done) => bar.update(done) }, activityOf);
  } finally {
    bar.stop();
  }
}
