import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LISTINGS, type NetworkFile } from '../outputs/tables/listings.js';
import { jsonOption, wideOption } from './options.js';
import { command } from './command.js';
import { print, printJson, widthFor } from './terminal.js';

const MODELS = 'models';

/** The networks in the folder `models`, here or where the command was installed. */
async function networkFiles(): Promise<NetworkFile[]> {
  const installed = relative(process.cwd(), fileURLToPath(new URL(`../../${MODELS}`, import.meta.url)));
  const folder = [MODELS, installed].find((path) => existsSync(path));
  if (folder === undefined) return [];
  const { loadNetwork } = await import('../simulate/plan.js');
  const { isNetworkFile } = await import('../networks/readers/index.js');
  const { macsOf } = await import('../networks/lower.js');
  const files = readdirSync(folder).filter(isNetworkFile);
  const found: NetworkFile[] = [];
  for (const name of files.sort()) {
    const path = join(folder, name);
    const network = await loadNetwork(path);
    found.push({ path, network, macs: macsOf(network) });
  }
  return found;
}

/** `list`: the names of a catalogue. */
export const listCommand = command({
  options: {
    what: { type: 'string', demandOption: true, choices: Object.keys(LISTINGS), describe: 'catalogue' },
    json: jsonOption,
    wide: wideOption,
  },
  examples: [
    ['list formats', 'number formats with their widths and ranges'],
    ['list datapaths --json', 'for machines'],
  ],
  async run({ what, json, wide }) {
    const listing = await LISTINGS[what as keyof typeof LISTINGS].load(networkFiles);
    if (json) printJson({ what, rows: listing.json() });
    else print(listing.count === 0 ? `there are no ${what}` : listing.table(widthFor(wide)));
  },
});
