import { rmSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { counted } from '../formats/plural.js';
import { readBytes, readText } from '../datapaths/read.js';
import { makeFolder, writeWhole } from '../outputs/file.js';
import { resultCsv, resultJson, SWEEP_COLUMNS } from '../outputs/results.js';
import { fingerprintOf, type Journal, openJournal } from '../simulate/journal.js';
import { planSweep, runSweep, type SweepPlan } from '../simulate/sweep.js';
import { parseSweep } from '../simulate/sweepFile.js';
import { jsonOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { progressBar, threadsFrom, threadsOption } from './runs.js';
import { print, printJson, printResults, remark } from './terminal.js';
import { VERSION } from './version.js';

/** `sweep`: all combinations of networks, datapaths and arrays. */
export const sweepCommand = command({
  usage: 'sweep <file>',
  summary: 'Run all combinations of networks, datapaths, array sizes and dataflows; mark the Pareto-optimal ones',
  options: {
    file: { type: 'string', demandOption: true, describe: 'YAML or JSON; "lastbit schema sweep" says what is in it' },
    out: {
      type: 'string',
      describe: 'folder for sweep.csv and its journal; default: beside nothing, the name of the file',
    },
    fresh: { type: 'boolean', default: false, describe: 'forget what an earlier, interrupted run has done' },
    threads: threadsOption,
    json: jsonOption,
    wide: wideOption,
  },
  examples: [
    ['sweep space.yaml', 'writes space/sweep.csv; the same command goes on after a kill'],
    ['sweep space.yaml --threads 1 --json', 'the same rows in the same order'],
  ],
  async run({ file, out, fresh, threads, json, wide }) {
    const text = readText(file);
    const sweep = parseSweep(text, file);
    const plan = planSweep(sweep);
    for (const reason of plan.skipped) remark(`skipped ${reason}`);
    const folder = out ?? basename(file, extname(file));
    makeFolder(folder);
    const path = join(folder, 'journal.ndjson');
    if (fresh) rmSync(path, { force: true });
    const inputs = [...sweep.networks, ...(sweep.reference === undefined ? [] : [sweep.reference])];
    const journal = openJournal(path, fingerprintOf([VERSION, text, ...inputs.map(readBytes)]));
    const points = await runJournaled(plan, journal, threadsFrom(threads));
    await writeWhole(join(folder, 'sweep.csv'), resultCsv(SWEEP_COLUMNS, points));
    if (json) return printJson(points.map((point) => resultJson(SWEEP_COLUMNS, point)));
    printResults(SWEEP_COLUMNS, points, wide);
    print(`\n${counted(points.length, 'point')} in ${join(folder, 'sweep.csv')}`);
  },
});

async function runJournaled(plan: SweepPlan, journal: Journal, options: ReturnType<typeof threadsFrom>) {
  const arithmetics = new Map(plan.points.map(({ arithmetic, plan: { data } }) => [arithmetic, data.images]));
  if (journal.resumed > 0) remark(`goes on after ${journal.resumed} of ${arithmetics.size} runs`);
  const unfinished = [...arithmetics].filter(([arithmetic]) => journal.find(arithmetic) === undefined);
  const bar = progressBar(
    unfinished.reduce((sum, [, images]) => sum + images, 0),
    'images',
  );
  try {
    return await runSweep(plan, journal, { ...options, progress: (done) => bar.update(done) });
  } finally {
    bar.stop();
    journal.close();
  }
}
