import { stringify } from 'yaml';
import { DATAPATHS, findDatapath } from '../datapaths/catalog.js';
import { describeFormat } from '../datapaths/describe.js';
import { loadDatapath } from '../datapaths/schema.js';
import { BLOCK_FORMATS, type BlockFormat, findBlockFormat } from '../formats/block.js';
import { FORMATS, findFormat } from '../formats/catalog.js';
import { didYouMean } from '../text/nearest.js';
import { findMethod, METHODS } from '../recipes/catalog.js';
import { isNetworkFile, type ReadOptions } from '../networks/readers/index.js';
import { loadNetwork } from '../simulate/plan.js';
import { TARGETS } from '../targets/catalog.js';
import { readTarget } from '../targets/schema.js';
import { isTargetFile, jsonOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { UsageError } from './errors.js';
import { readingFrom, readingOptions } from './reading.js';
import { datapathReport, showDatapath } from './showDatapath.js';
import { formatReport, showFormat } from './showFormat.js';
import { methodReport, showMethod } from './showMethod.js';
import { networkReport, showNetwork } from './showNetwork.js';
import { showTarget, targetReport } from './showTarget.js';
import { print, printJson } from './terminal.js';

/** Something that `show` knows: how a name is found, and what is printed. */
interface Showable {
  kind: string;
  names(): readonly string[];
  /** Undefined when the name is of another kind. */
  find(name: string, reading: ReadOptions): Shown | undefined | Promise<Shown | undefined>;
}

interface Shown {
  report(): object;
  show(wide: boolean): void;
}

/** Adding a kind is one entry. */
const SHOWABLES: readonly Showable[] = [
  {
    kind: 'target',
    names: () => TARGETS.map((target) => target.name),
    find(name) {
      const own = isFile(name) && isTargetFile(name);
      const target = own ? readTarget(name) : TARGETS.find((candidate) => candidate.name === name);
      return target && { report: () => targetReport(target), show: (wide) => showTarget(target, wide) };
    },
  },
  {
    kind: 'datapath',
    names: () => DATAPATHS.map((datapath) => datapath.name),
    find(name) {
      if (isFile(name) && isTargetFile(name)) return undefined;
      const datapath = isFile(name) ? loadDatapath(name) : findDatapath(name);
      return datapath && { report: () => datapathReport(datapath), show: () => showDatapath(datapath) };
    },
  },
  {
    kind: 'format',
    names: () => FORMATS.map((format) => format.name),
    find(name) {
      const format = findFormat(name);
      return format && { report: () => formatReport(format), show: (wide) => showFormat(format, wide) };
    },
  },
  {
    kind: 'blockFormat',
    names: () => BLOCK_FORMATS.map((format) => format.name),
    find(name) {
      const format = findBlockFormat(name);
      return (
        format && { report: () => describeBlock(format), show: () => print(stringify(describeBlock(format)).trimEnd()) }
      );
    },
  },
  {
    kind: 'recipe',
    names: () => METHODS.map((method) => method.name),
    find(name) {
      const method = findMethod(name);
      return method && { report: () => methodReport(method), show: () => showMethod(method) };
    },
  },
  {
    kind: 'network',
    names: () => [],
    async find(name, reading) {
      if (!isNetworkFile(name)) return undefined;
      const network = await loadNetwork(name, reading);
      return { report: () => networkReport(network), show: (wide) => showNetwork(network, wide) };
    },
  },
];

function isFile(name: string): boolean {
  return /\.(ya?ml|json)$/i.test(name);
}

/** By the fields of a block format, its element and scale by name. */
function describeBlock({ name, element, size, scale, rule, tensorScale }: BlockFormat): object {
  return { name, element: describeFormat(element), size, scale: describeFormat(scale), rule, tensorScale };
}

/** `show`: everything about one thing of the catalogues. A name may be of several kinds: all are shown. */
export const showCommand = command({
  options: {
    name: {
      type: 'string',
      demandOption: true,
      describe: 'as in "lastbit list", a file of a datapath or a target, or an .onnx file',
    },
    ...readingOptions,
    json: jsonOption,
    wide: wideOption,
  },
  reads: ['name'],
  examples: [
    ['show e4m3fn', 'all 256 codes and their values'],
    ['show fp8-fp16', 'a target with the source of each field, and the datapath of that name as a file has it'],
    ['show models/digits-int8.onnx', 'the layers of a network'],
    ['show net.onnx --shape x=1x3x64x64', 'of one whose file leaves lengths open'],
  ],
  async run({ name, json, wide, ...given }) {
    const reading = readingFrom(given);
    const found: { kind: string; thing: Shown }[] = [];
    for (const { kind, find } of SHOWABLES) {
      const thing = await find(name, reading);
      if (thing !== undefined) found.push({ kind, thing });
    }
    if (found.length === 0) {
      const names = SHOWABLES.flatMap((showable) => showable.names());
      throw new UsageError(
        `there is nothing named "${name}"${didYouMean(name, names) || '; see "lastbit list formats"'}`,
      );
    }
    if (json) return printJson(Object.fromEntries(found.map(({ kind, thing }) => [kind, thing.report()])));
    found.forEach(({ thing }, i) => {
      if (i > 0) print('');
      thing.show(wide);
    });
  },
});
