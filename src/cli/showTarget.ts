import { orderOf } from '../arrays/dataflow.js';
import { whyNotGated } from '../arrays/gated.js';
import { widthOf } from '../formats/format.js';
import { describeDatapath } from '../datapaths/describe.js';
import { STOCK_LIBRARIES } from '../gates/stock.js';
import { SOURCED_FIELDS, type SourcedField, type Target } from '../targets/target.js';
import { figure } from '../outputs/tables/table.js';
import { stockGates } from './gateUnits.js';
import { print, printTable } from './terminal.js';

/** Everything about a target, for machines. */
export function targetReport(target: Target): object {
  const entries = target.energy.entries.map((entry) => ({ ...entry, pj: figure(entry.pj) }));
  return {
    ...target,
    datapath: describeDatapath(target.datapath),
    others: target.others.map(describeDatapath),
    energy: { ...target.energy, entries },
    clocks: clocksOf(target),
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
  energy: ({ energy, gates }) =>
    `${energy.name}, ${energy.entries.length} actions${gates === undefined ? '' : `; of the PEs the gates of ${gates}`}`,
};

/** A unit's PE in a library of the package. */
interface UnitClock {
  unit: string;
  library: string;
  cells: number;
  area: number;
  maxMhz: number;
}

/** The units of a target whose gates come with the package: those of an array whose PEs are read. */
function clocksOf({ array, datapath, others }: Target): UnitClock[] {
  if (whyNotGated(array) !== undefined) return [];
  const units = [datapath, ...others].filter(({ blockScale }) => blockScale === undefined);
  return units.flatMap((unit) =>
    STOCK_LIBRARIES.flatMap((library) => {
      const gates = stockGates(library, unit, orderOf(array, unit));
      if (gates === undefined) return [];
      const { cells, area, period } = gates;
      return [{ unit: unit.name, library: library.name, cells, area, maxMhz: 1e-6 / period }];
    }),
  );
}

function showClocks(target: Target, wide: boolean): void {
  const clocks = clocksOf(target);
  if (clocks.length === 0) return;
  print('\nIts PEs as gates; "lastbit run --energy gates:LIBRARY" says what their bits cost\n');
  printTable<UnitClock>(
    [
      { title: 'unit', value: ({ unit }) => unit },
      { title: 'library', value: ({ library }) => library },
      { title: 'cells', value: ({ cells }) => cells },
      { title: 'area (um2)', value: ({ area }) => area, digits: 1 },
      { title: 'at most (MHz)', value: ({ maxMhz }) => maxMhz, digits: 0 },
      { title: 'clock met', value: ({ maxMhz }) => (maxMhz < target.clockMhz ? 'no' : 'yes') },
    ],
    clocks,
    wide,
  );
}

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
  showClocks(target, wide);
}
