import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LISTINGS, type NetworkFile } from '../outputs/listings.js';
import { loadNetwork } from '../simulate/plan.js';
import { jsonOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { print, printJson, widthFor } from './terminal.js';

const MODELS = 'models';

/** The networks in the folder `models`, here or where the command was installed. */
function networkFiles(): NetworkFile[] {
  const installed = relative(process.cwd(), fileURLToPath(new URL(`../../${MODELS}`, import.meta.url)));
  const folder = [MODELS, installed].find((path) => existsSync(path));
  if (folder === undefined) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
  return files.sort().map((name) => ({ path: join(folder, name), network: loadNetwork(join(folder, name)) }));
}

/** `list`: the names of a catalogue. */
export const listCommand = command({
  usage: 'list <what>',
  summary: `List ${Object.keys(LISTINGS).join(', ')}`,
  options: {
    what: { type: 'string', demandOption: true, choices: Object.keys(LISTINGS), describe: 'catalogue' },
    json: jsonOption,
    wide: wideOption,
  },
  examples: [
    ['list formats', 'number formats with their widths and ranges'],
    ['list datapaths --json', 'for machines'],
  ],
  run({ what, json, wide }) {
    const listing = LISTINGS[what as keyof typeof LISTINGS](networkFiles);
    if (json) printJson({ what, rows: listing.json() });
    else print(listing.count === 0 ? `there are no ${what}` : listing.table(widthFor(wide)));
  },
});
