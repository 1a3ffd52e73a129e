import { join } from 'node:path';
import { makeFolder, writeWhole } from '../outputs/files/file.js';
import { makeNetworks } from '../recipes/models.js';
import { NETWORK_ENDING, networkBytes } from '../networks/readers/index.js';
import { command } from './command.js';
import { jsonOption } from './arguments.js';
import { and, folderOption } from './options.js';
import { progressBar } from './runs.js';
import { print, printJson } from './terminal.js';

/** `models`: what `npm run models` runs. */
export const modelsCommand = command({
  options: {
    out: { ...and(folderOption, ' for the ONNX files'), default: 'models' },
    json: jsonOption,
  },
  writes: { out: 'folder' },
  examples: [['models --out /tmp/models', 'and compare them with the ones that came with the project']],
  async run({ out, json }) {
    makeFolder(out);
    let bar: ReturnType<typeof progressBar> | undefined;
    let at = '';
    const networks = makeNetworks((network, done, total) => {
      if (network !== at) {
        bar?.stop();
        bar = progressBar(total, `steps of ${network}`);
        at = network;
      }
      bar?.update(done);
    });
    bar?.stop();
    for (const network of networks) {
      const path = join(out, `${network.name}${NETWORK_ENDING}`);
      await writeWhole(path, await networkBytes(network, path));
    }
    if (json) return printJson(networks.map(({ name, metadata }) => ({ name, judgement: metadata.accuracy })));
    for (const { name, metadata } of networks) print(`${name}: ${metadata.accuracy}`);
  },
});
