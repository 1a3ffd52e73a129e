import { stringify } from 'yaml';
import type { Datapath } from '../datapaths/datapath.js';
import { describeDatapath } from '../datapaths/describe.js';
import { resultFormatOf } from '../datapaths/exact.js';
import { compileGemm, outerOf } from '../datapaths/kernel/index.js';
import { type Evidence, findSilicon, type Sourced } from '../datapaths/silicon/index.js';
import type { Fit } from '../formats/codec.js';
import { widthOf } from '../formats/format.js';
import { overflowRule } from '../formats/rules.js';
import { print } from './terminal.js';

/** The catalogue's own entry; a user's file may have its name. */
function publishedUnit(datapath: Datapath): Sourced | undefined {
  const found = findSilicon(datapath.name);
  return found?.datapath === datapath ? found : undefined;
}

/** A datapath's fields, which way its products of matrices are computed, and for a published chip's unit how each is known. */
export function datapathReport(datapath: Datapath): object {
  const known = publishedUnit(datapath);
  const { route, why } = compileGemm(datapath);
  return {
    ...describeDatapath(datapath),
    kernel: { route, why },
    ...(known && { known: { chips: known.chips, all: known.evidence, fields: known.fields } }),
  };
}

/** Printed as a datapath file; how it is computed and what is known of its fields stand in comments. */
export function showDatapath(datapath: Datapath): void {
  const result = resultFormatOf(datapath);
  print(
    `# datapath ${datapath.name}: ${widthOf(datapath.a)} x ${widthOf(datapath.b)} bits to ${result.name}, ${widthOf(result)} bits`,
  );
  print(stringify(describeDatapath(datapath)).trimEnd());
  const { route, why } = compileGemm(datapath);
  print(`# kernel: ${route} (${why})`);
  for (const [field, fit] of fitsOf(datapath)) print(`# ${field}, overflow ${fit.overflow}: ${overflowRule(fit)}`);
  const known = publishedUnit(datapath);
  if (known === undefined) return;
  print(`# chips: ${known.chips.join(', ')}`);
  print(`# known from: ${sentence(known.evidence)}`);
  for (const [field, evidence] of Object.entries(known.fields)) print(`#   ${field}: ${sentence(evidence)}`);
}

/** Every fit that a unit rounds to, by its field in a file. */
function fitsOf({ product, combine, sum, order, result }: Datapath): [string, Fit][] {
  const fits: [string, Fit | undefined][] = [
    ['product', product === 'exact' ? undefined : product],
    ['combine.node', combine.kind === 'tree' ? combine.node : undefined],
    ['sum', sum],
    ['order.outer', outerOf(order)],
    ['result', result],
  ];
  return fits.filter((entry): entry is [string, Fit] => entry[1] !== undefined);
}

function sentence({ confidence, source }: Evidence): string {
  return `${source} (${confidence})`;
}
