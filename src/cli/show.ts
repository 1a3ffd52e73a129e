import { stringify } from 'yaml';
import { DATAPATHS, findDatapath } from '../datapaths/catalog.js';
import type { Datapath } from '../datapaths/datapath.js';
import { describeDatapath } from '../datapaths/describe.js';
import { resultFormatOf } from '../datapaths/exact.js';
import { loadDatapath } from '../datapaths/schema.js';
import { FORMATS, findFormat } from '../formats/catalog.js';
import { widthOf } from '../formats/format.js';
import { didYouMean } from '../formats/nearest.js';
import { jsonOption } from './arguments.js';
import { command } from './command.js';
import { UsageError } from './errors.js';
import { formatReport, showFormat } from './showFormat.js';
import { print, printJson } from './terminal.js';

/** Something that `show` knows: how a name is found, and what is printed. */
interface Showable {
  kind: string;
  names(): readonly string[];
  /** Undefined when the name is of another kind. */
  find(name: string): { report(): object; show(): void } | undefined;
}

const SHOWABLES: readonly Showable[] = [
  {
    kind: 'datapath',
    names: () => DATAPATHS.map((datapath) => datapath.name),
    find(name) {
      const datapath = /\.(ya?ml|json)$/.test(name) ? loadDatapath(name) : findDatapath(name);
      return datapath && { report: () => describeDatapath(datapath), show: () => showDatapath(datapath) };
    },
  },
  {
    kind: 'format',
    names: () => FORMATS.map((format) => format.name),
    find(name) {
      const format = findFormat(name);
      return format && { report: () => formatReport(format), show: () => showFormat(format) };
    },
  },
];

/** `show`: everything about one thing of the catalogues. Some names are both a format and a datapath: both are shown. */
export const showCommand = command({
  usage: 'show <name>',
  summary: 'Show a format with its codes, or a datapath with its fields',
  options: {
    name: { type: 'string', demandOption: true, describe: 'as in "lastbit list", or a datapath file' },
    json: jsonOption,
  },
  examples: [
    ['show e4m3fn', 'all 256 codes and their values'],
    ['show fp8-fp16', 'a datapath as a file would have it'],
  ],
  run({ name, json }) {
    const found = SHOWABLES.flatMap(({ kind, find }) => {
      const thing = find(name);
      return thing === undefined ? [] : [{ kind, thing }];
    });
    if (found.length === 0) {
      const names = SHOWABLES.flatMap((showable) => showable.names());
      throw new UsageError(
        `there is nothing named "${name}"${didYouMean(name, names) || '; see "lastbit list formats"'}`,
      );
    }
    if (json) return printJson(Object.fromEntries(found.map(({ kind, thing }) => [kind, thing.report()])));
    found.forEach(({ thing }, i) => {
      if (i > 0) print('');
      thing.show();
    });
  },
});

function showDatapath(datapath: Datapath): void {
  const result = resultFormatOf(datapath);
  print(
    `# datapath ${datapath.name}: ${widthOf(datapath.a)} x ${widthOf(datapath.b)} bits to ${result.name}, ${widthOf(result)} bits`,
  );
  print(stringify(describeDatapath(datapath)).trimEnd());
}
