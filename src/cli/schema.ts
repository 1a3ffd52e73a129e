import { datapathJsonSchema } from '../datapaths/schema.js';
import { manifestJsonSchema } from '../outputs/vectors/manifest.js';
import { RESULT_SCHEMAS, resultJsonSchema } from '../outputs/tables/schemas.js';
import { sweepJsonSchema } from '../simulate/sweepFile.js';
import { targetJsonSchema } from '../targets/schema.js';
import { jsonOption } from './arguments.js';
import { command } from './command.js';
import { jsonText, print } from './terminal.js';

/** Files and results with a JSON Schema; adding one is one entry. */
const SCHEMAS: Readonly<Record<string, () => object>> = {
  datapath: datapathJsonSchema,
  target: targetJsonSchema,
  sweep: sweepJsonSchema,
  manifest: manifestJsonSchema,
  ...Object.fromEntries(Object.keys(RESULT_SCHEMAS).map((name) => [name, () => resultJsonSchema(name)])),
};

/** `schema`: for editors that check YAML and JSON while one types. */
export const schemaCommand = command({
  options: {
    file: {
      type: 'string',
      demandOption: true,
      choices: Object.keys(SCHEMAS),
      describe: 'kind of file, or <command>-result',
    },
    json: { ...jsonOption, describe: 'no effect: a schema is JSON' },
  },
  examples: [
    ['schema datapath > datapath.schema.json', 'then: # yaml-language-server: $schema=datapath.schema.json'],
    ['schema run-result', 'the fields of "lastbit run --json"'],
  ],
  run({ file }) {
    print(jsonText(SCHEMAS[file]()));
  },
});
