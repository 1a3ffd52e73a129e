import { datapathJsonSchema } from '../datapaths/schema.js';
import { manifestJsonSchema } from '../outputs/manifest.js';
import { sweepJsonSchema } from '../simulate/sweepFile.js';
import { targetJsonSchema } from '../targets/schema.js';
import { command } from './command.js';
import { printJson } from './terminal.js';

/** Files with a JSON Schema; adding one is one entry. */
const SCHEMAS: Readonly<Record<string, () => object>> = {
  datapath: datapathJsonSchema,
  target: targetJsonSchema,
  sweep: sweepJsonSchema,
  manifest: manifestJsonSchema,
};

/** `schema`: for editors that check YAML and JSON while one types. */
export const schemaCommand = command({
  usage: 'schema <file>',
  summary: `Print the JSON Schema of ${Object.keys(SCHEMAS).join(', ')} files`,
  options: {
    file: { type: 'string', demandOption: true, choices: Object.keys(SCHEMAS), describe: 'kind of file' },
  },
  examples: [['schema datapath > datapath.schema.json', 'then: # yaml-language-server: $schema=datapath.schema.json']],
  run({ file }) {
    printJson(SCHEMAS[file]());
  },
});
