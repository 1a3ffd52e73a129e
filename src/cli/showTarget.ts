import { widthOf } from '../formats/format.js';
import { describeDatapath } from '../datapaths/describe.js';
import { SOURCED_FIELDS, type SourcedField, type Target } from '../targets/target.js';
import { figure } from '../outputs/tables/table.js';
import { print, printTable } from './terminal.js';

/** Everything about a target, for machines. */
export function targetReport(target: Target): object {
  const entries = target.energy.entries.map((entry) => ({ ...entry, pj: figure(entry.pj) }));
  return {
    ...target,
    datapath: describeDatapath(target.datapath),
    others: target.others.map(describeDatapath),
    energy: { ...target.energy, entries },
  };
}

/** What a field holds, in one line. */
const VALUES: Readonly<Record<SourcedField, (target: Target) => string>> = {
  array: ({ array }) => {
    const { rows, cols, dataflow, ...rest } = array;
    const options = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
    return `${rows} x ${cols} ${dataflow}, ${options.join(', ')}`;
  },
  datapath: ({ datapath, others }) =>
    [datapath, ...others].map(({ name, a, b }) => `${name} (${widthOf(a)} x ${widthOf(b)} bits)`).join(', '),
  memories: ({ memories: { bandwidth = {}, ...sizes } }) =>
    [
      ...Object.entries(sizes).map(([name, kilobytes]) => `${name} ${kilobytes} KB`),
      ...Object.entries(bandwidth).map(([name, bits]) => `${name} ${bits} bits a cycle`),
    ].join(', '),
  clockMhz: ({ clockMhz }) => `${clockMhz} MHz`,
  energy: ({ energy }) => `${energy.name}, ${energy.entries.length} actions`,
};

/** `show <target>`: every field with its source, and the energy of its table's actions. */
export function showTarget(target: Target, wide: boolean): void {
  print(`target ${target.name}`);
  for (const field of SOURCED_FIELDS) {
    print(`  ${field}: ${VALUES[field](target)}`);
    print(`    source: ${target.source[field]}`);
  }
  print('');
  printTable<Target['energy']['entries'][number]>(
    [
      { title: 'action', value: (entry) => entry.action },
      { title: 'energy (pJ)', value: (entry) => Number(entry.pj.toPrecision(4)) },
      { title: 'node', value: (entry) => entry.node, priority: 2 },
      { title: 'extrapolated', value: (entry) => (entry.extrapolated ? 'yes' : '') },
      { title: 'source', value: (entry) => entry.source, wrap: true },
    ],
    target.energy.entries,
    wide,
  );
}
