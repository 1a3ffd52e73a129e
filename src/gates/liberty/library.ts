import type { DelayTable } from '../nldm.js';
import type { Arc, CellLibrary, InputPin, LibraryCell, Power, Transitions } from './cell.js';
import { type Expression, namesIn, parseExpression } from './expression.js';
import { isKept, lackOf, otherOf, pinsOf } from './kinds.js';
import { type Group, groupsOf, numbersOf, parseLiberty, printLiberty, valueOf } from './syntax.js';

interface Units {
  time: number;
  capacitance: number;
  voltage: number;
  energy: number;
  leakage: number;
}

const PREFIXES: Readonly<Record<string, number>> = { f: 1e-15, p: 1e-12, n: 1e-9, u: 1e-6, m: 1e-3, '': 1 };

function quantity(text: string, unit: string): number | undefined {
  const match = /^\s*([\d.]+)\s*([fpnum]?)([a-z]+)\s*$/i.exec(text);
  if (match === null || match[3].toLowerCase() !== unit) return undefined;
  const [, value, prefix] = match;
  return Number(value) * PREFIXES[prefix.toLowerCase()];
}

/** @throws RangeError naming the file and the unit that it does not state */
function unitsOf(library: Group, file: string): Units {
  const stated = (name: string, unit: string, custom?: string) => {
    const text = library.attributes.get(name)?.at(-1)?.join('') ?? custom;
    const value = text === undefined ? undefined : quantity(text, unit);
    if (value === undefined || !(value > 0))
      throw new RangeError(`${file}: ${name} is ${text ?? 'not stated'}; a library says it as in "1n${unit}"`);
    return value;
  };
  const [capacitance, voltage] = [stated('capacitive_load_unit', 'f'), stated('voltage_unit', 'v', '1V')];
  // The unit of energy is that of capacitance times that of voltage squared (Liberty User Guide, "internal_power").
  return {
    time: stated('time_unit', 's'),
    capacitance,
    voltage,
    energy: capacitance * voltage ** 2,
    leakage: stated('leakage_power_unit', 'w'),
  };
}

function numberOf(group: Group, name: string, file: string): number | undefined {
  const text = valueOf(group, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value))
    throw new RangeError(`${file}, line ${group.line}: ${name} is ${text}, which is no number`);
  return value;
}

/** What an axis of a template is of: the transition of the pin itself, or the other thing a table looks at. */
const AXES: ReadonlyMap<string, 'slew' | 'load'> = new Map([
  ['input_net_transition', 'slew'],
  ['input_transition_time', 'slew'],
  ['constrained_pin_transition', 'slew'],
  ['total_output_net_capacitance', 'load'],
  ['related_pin_transition', 'load'],
]);

/** One file's templates and units, to read its cells with. */
class Reading {
  readonly whole: Group;
  readonly file: string;
  readonly voltage: number;
  readonly units: Units;
  private readonly templates: Map<string, Group>;

  constructor(whole: Group, file: string) {
    this.whole = whole;
    this.file = file;
    const conditions = groupsOf(whole, 'operating_conditions')[0];
    const voltage = numberOf(whole, 'nom_voltage', file) ?? (conditions && numberOf(conditions, 'voltage', file));
    if (voltage === undefined || !(voltage > 0))
      throw new RangeError(`${file}: nom_voltage is ${voltage ?? 'not stated'}; a library says its supply in volts`);
    this.units = unitsOf(whole, file);
    this.voltage = voltage * this.units.voltage;
    this.templates = new Map(
      ['lu_table_template', 'power_lut_template'].flatMap((kind) =>
        groupsOf(whole, kind).map((group) => [group.args[0], group] as const),
      ),
    );
  }

  fail(group: Group, problem: string): never {
    throw new RangeError(`${this.file}, line ${group.line}: ${problem}`);
  }

  table(group: Group, unit: number): DelayTable {
    const template = this.templates.get(group.args[0]);
    if (template === undefined && group.args[0] !== 'scalar') this.fail(group, `no template ${group.args[0]}`);
    const listed = group.attributes.get('values');
    if (listed === undefined) this.fail(group, `a ${group.kind} without values`);
    const values = numbersOf(listed.flat()).map((value) => value * unit);
    const axes: DelayTable['axes'] = [];
    for (const n of [1, 2, 3]) {
      const variable = template && valueOf(template, `variable_${n}`);
      if (variable === undefined) break;
      const of = AXES.get(variable) ?? this.fail(group, `tables over ${variable} are not read`);
      const index = (group.attributes.get(`index_${n}`) ?? template?.attributes.get(`index_${n}`))?.flat();
      if (index === undefined) this.fail(group, `no index_${n}`);
      const scale = of === 'slew' || variable === 'related_pin_transition' ? this.units.time : this.units.capacitance;
      const points = numbersOf(index);
      if (!points.every((point, i) => Number.isFinite(point) && (i === 0 || point > points[i - 1])))
        this.fail(group, `index_${n} of a ${group.kind} is ${index.join(', ').slice(0, 60)}; its numbers have to rise`);
      axes.push({ of, points: points.map((point) => point * scale) });
    }
    const size = axes.reduce((product, { points }) => product * points.length, 1);
    if (!values.every(Number.isFinite)) this.fail(group, `a ${group.kind} with values that are no numbers`);
    if (values.length !== size)
      this.fail(group, `a ${group.kind} of ${values.length} values, where its axes have ${size} points`);
    return { axes, values };
  }

  pair(group: Group, rise: string, fall: string, unit: number): Transitions | undefined {
    const [up, down] = [rise, fall].map((kind) => groupsOf(group, kind)[0]);
    if (up === undefined && down === undefined) return undefined;
    return { rise: this.table(up ?? down, unit), fall: this.table(down ?? up, unit) };
  }

  expression(group: Group, name: string): Expression | undefined {
    const text = valueOf(group, name);
    if (text === undefined) return undefined;
    try {
      return parseExpression(text);
    } catch (error) {
      return this.fail(group, `${name}: ${(error as Error).message}`);
    }
  }

  /** Entries for one transition of a pin; those of several supplies are one. */
  power(pin: Group): Power[] {
    const known = new Map<string, Power>();
    const entries = groupsOf(pin, 'internal_power').flatMap((group) =>
      (valueOf(group, 'related_pin')?.trim().split(/\s+/) ?? [undefined]).map((related) => ({ group, related })),
    );
    for (const { group, related } of entries) {
      const key = `${related ?? ''} ${valueOf(group, 'when') ?? ''}`;
      const same = groupsOf(group, 'power').map((each) => this.table(each, this.units.energy));
      const tables = (kind: string) => [
        ...groupsOf(group, kind).map((each) => this.table(each, this.units.energy)),
        ...same,
      ];
      const entry = known.get(key) ?? { related, when: this.expression(group, 'when'), rise: [], fall: [] };
      entry.rise.push(...tables('rise_power'));
      entry.fall.push(...tables('fall_power'));
      known.set(key, entry);
    }
    return [...known.values()];
  }

  arcs(pin: Group): Arc[] {
    return groupsOf(pin, 'timing').flatMap((group) => {
      const type = valueOf(group, 'timing_type') ?? 'combinational';
      if (!/^(combinational|rising_edge|falling_edge)$/.test(type)) return [];
      const delay = this.pair(group, 'cell_rise', 'cell_fall', this.units.time);
      const transition = this.pair(group, 'rise_transition', 'fall_transition', this.units.time);
      if (delay === undefined || transition === undefined) return [];
      const senses = { positive_unate: 'positive', negative_unate: 'negative' } as const;
      const sense = senses[valueOf(group, 'timing_sense') as keyof typeof senses] ?? 'either';
      return (valueOf(group, 'related_pin') ?? '')
        .trim()
        .split(/\s+/)
        .map((from) => ({ from, sense, delay, transition }));
    });
  }

  input(pin: Group): InputPin {
    const own = numberOf(pin, 'capacitance', this.file);
    const setup = groupsOf(pin, 'timing')
      .filter((group) => valueOf(group, 'timing_type')?.startsWith('setup_'))
      .flatMap((group) => this.pair(group, 'rise_constraint', 'fall_constraint', this.units.time) ?? []);
    const fallback = numberOf(this.whole, 'default_input_pin_cap', this.file) ?? 0;
    return {
      name: pin.args[0],
      capacitance: (own ?? fallback) * this.units.capacitance,
      power: this.power(pin),
      setup,
    };
  }

  cell(group: Group): LibraryCell {
    const of = (direction: string) => pinsOf(group).filter((pin) => valueOf(pin, 'direction') === direction);
    const cell: LibraryCell = {
      name: group.args[0],
      area: numberOf(group, 'area', this.file) ?? 0,
      leakage: this.leakage(group),
      inputs: of('input').map((pin) => this.input(pin)),
      outputs: [],
      other: otherOf(group, of('output')),
      offered: false,
    };
    const [held] = groupsOf(group, 'ff');
    if (held !== undefined) {
      cell.register = this.register(held);
      if (cell.register === undefined) cell.other ??= 'a register that is not plain';
    }
    if (cell.other !== undefined) return cell;
    cell.outputs = of('output').map((pin) => ({
      name: pin.args[0],
      value: this.expression(pin, 'function') ?? this.fail(pin, `output ${pin.args[0]} has no function`),
      power: this.power(pin),
      arcs: this.arcs(pin),
    }));
    const known = [...cell.inputs.map(({ name }) => name), ...(cell.register?.names ?? [])];
    for (const { name, value } of cell.outputs) {
      const strange = namesIn(value).find((each) => !known.includes(each));
      if (strange !== undefined)
        this.fail(group, `the function of ${cell.name}.${name} names ${strange}, which is no input`);
    }
    cell.other = lackOf(cell);
    cell.offered = cell.other === undefined && !isKept(group);
    return cell;
  }

  /** Undefined where it does more than take `next_state` at an edge of its clock. */
  private register(held: Group): LibraryCell['register'] {
    const clock = this.expression(held, 'clocked_on');
    const next = this.expression(held, 'next_state');
    const plain = clock?.kind === 'not' ? clock.of : clock;
    if (plain?.kind !== 'name' || next === undefined) return undefined;
    const clears = ['clear', 'preset'].flatMap((name) => this.expression(held, name) ?? []);
    const [state, inverse = ''] = held.args;
    return { clock: plain.name, falling: clock?.kind === 'not', next, names: [state, inverse], clears };
  }

  /** Of each state what all supplies give. */
  private leakage(group: Group): number {
    const own = numberOf(group, 'cell_leakage_power', this.file);
    const states = new Map<string, number>();
    for (const state of groupsOf(group, 'leakage_power')) {
      const when = valueOf(state, 'when') ?? '';
      states.set(when, (states.get(when) ?? 0) + (numberOf(state, 'value', this.file) ?? 0));
    }
    const mean = [...states.values()].reduce((sum, value) => sum + value, 0) / Math.max(1, states.size);
    return (own ?? mean) * this.units.leakage;
  }
}

/**
 * Several files are one library: ASAP7's is one of five.
 * @throws RangeError naming the file, its line and what is wrong: cut short, without units or power, of another supply, a
 *   cell twice
 */
export function readLibrary(files: readonly { name: string; text: string }[]): CellLibrary {
  const readings = files.map(({ name, text }) => new Reading(parseLiberty(text, name), name));
  const [first] = readings;
  const other = readings.find(
    ({ voltage, units }) =>
      voltage !== first.voltage || units.time !== first.units.time || units.capacitance !== first.units.capacitance,
  );
  if (other !== undefined)
    throw new RangeError(
      `${other.file}: at ${other.voltage} V or in other units than ${first.file}; one library has one supply and one set of units`,
    );
  const cells = new Map<string, LibraryCell>();
  for (const reading of readings)
    for (const group of groupsOf(reading.whole, 'cell')) {
      const cell = reading.cell(group);
      if (cells.has(cell.name)) reading.fail(group, `a second cell ${cell.name}; a library has one of each name`);
      cells.set(cell.name, cell);
    }
  if (![...cells.values()].some(({ outputs }) => outputs.some(({ power }) => power.length > 0)))
    throw new RangeError(`${first.file}: no cell has internal_power; take a library that was characterised for power`);
  const temperature = numberOf(first.whole, 'nom_temperature', first.file);
  return {
    name: first.whole.args[0],
    voltage: first.voltage,
    temperature,
    cells,
    forSynthesis() {
      // Templates of several files may have one name, and are then the same.
      const others = readings.flatMap(({ whole }) => whole.groups.filter(({ kind }) => kind !== 'cell'));
      const groups = [...new Map(others.map((group) => [`${group.kind} ${group.args.join()}`, group])).values()];
      const offered = readings.flatMap(({ whole }) =>
        groupsOf(whole, 'cell').filter(({ args }) => cells.get(args[0])?.offered),
      );
      return printLiberty({ ...first.whole, groups: [...groups, ...offered.map(withoutPower)] });
    },
  };
}

/** What mapping does not look at is left out: half of the text. */
function withoutPower(group: Group): Group {
  const groups = group.groups.filter(({ kind }) => !/power|^receiver|^ccs/.test(kind)).map(withoutPower);
  return { ...group, groups };
}
