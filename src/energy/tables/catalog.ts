import { didYouMean } from '../../text/nearest.js';
import type { EnergyTable } from '../table.js';
import { HOROWITZ_45NM, HOROWITZ_45NM_IHP130 } from './horowitz.js';
import { JOUPPI_7NM } from './jouppi.js';

/** Every energy table. */
export const ENERGY_TABLES: readonly EnergyTable[] = [HOROWITZ_45NM, HOROWITZ_45NM_IHP130, JOUPPI_7NM];

/** @throws RangeError naming the table and what there is */
export function energyTableNamed(name: string): EnergyTable {
  const table = ENERGY_TABLES.find((entry) => entry.name === name);
  if (table !== undefined) return table;
  const names = ENERGY_TABLES.map((entry) => entry.name);
  throw new RangeError(`there is no energy table "${name}"; there are ${names.join(', ')}${didYouMean(name, names)}`);
}
