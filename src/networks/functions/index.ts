import { didYouMean } from '../../text/nearest.js';
import { ALONG } from './along.js';
import { BINARY } from './binary.js';
import { CASTS } from './cast.js';
import { CLASSIC } from './classic.js';
import { CONSTANTS } from './constants.js';
import { DYNAMIC_LSTM } from './dynamicLstm.js';
import { EMBEDDINGS } from './embedding.js';
import type { TensorFunction } from './function.js';
import { withFused } from './fused.js';
import { GELUS } from './gelu.js';
import { GRIDS } from './gridSample.js';
import { INDEXED } from './indexed.js';
import { INTEGER_PRODUCTS } from './integerProducts.js';
import { INTEGERS } from './integers.js';
import { LOGIC } from './logic.js';
import { MADE } from './made.js';
import { MOVES } from './moves.js';
import { NARY } from './nary.js';
import { NORMS } from './norms.js';
import { NUMERIC } from './numeric.js';
import { PACKED_WEIGHTS } from './packedWeights.js';
import { PADS } from './pad.js';
import { PARTS } from './parts.js';
import { PLANES } from './planes.js';
import { PRODUCTS } from './products.js';
import { RECURRENT } from './recurrent.js';
import { REDUCTIONS } from './reduce.js';
import { REGIONS } from './regions.js';
import { RESIZE } from './resize.js';
import { ROTARY } from './rotary.js';
import { SCATTER } from './scatter.js';
import { SEARCHES } from './search.js';
import { SPECTRA } from './spectra.js';
import { SPLITS } from './splits.js';
import { SPREAD } from './spread.js';
import { withWants } from './wants.js';
import { UNARY } from './unary.js';
import { UNFOLDS } from './unfold.js';
import { UNIQUE } from './unique.js';
import { WINDOW_POOLS } from './windowPools.js';

/** Every function of tensors, by the name of its ONNX operator; `domain.Name` outside the standard's domain. */
export const FUNCTIONS: Readonly<Record<string, TensorFunction>> = withWants(
  withFused({
    ...UNARY,
    ...NUMERIC,
    ...GELUS,
    ...CASTS,
    ...BINARY,
    ...NARY,
    ...LOGIC,
    ...REDUCTIONS,
    ...ALONG,
    ...SEARCHES,
    ...UNIQUE,
    ...NORMS,
    ...PLANES,
    ...ROTARY,
    ...EMBEDDINGS,
    ...MOVES,
    ...PRODUCTS,
    ...PARTS,
    ...CONSTANTS,
    ...INTEGERS,
    ...SPLITS,
    ...SPREAD,
    ...PADS,
    ...INDEXED,
    ...SCATTER,
    ...MADE,
    ...RESIZE,
    ...WINDOW_POOLS,
    ...RECURRENT,
    ...DYNAMIC_LSTM,
    ...GRIDS,
    ...REGIONS,
    ...UNFOLDS,
    ...INTEGER_PRODUCTS,
    ...PACKED_WEIGHTS,
    ...SPECTRA,
    ...CLASSIC,
  }),
);

export function findFunction(name: string): TensorFunction | undefined {
  return Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
}

/** @throws RangeError naming what there is near */
export function functionNamed(name: string): TensorFunction {
  const found = findFunction(name);
  if (found === undefined)
    throw new RangeError(`there is no function ${name}${didYouMean(name, Object.keys(FUNCTIONS))}`);
  return found;
}
