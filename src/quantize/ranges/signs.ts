import type { Calibrator } from '../contract/scheme.js';

/** BinaryNet (Courbariaux et al. 2016): +1 and -1 as they are; the batch-norm that follows has the scale. */
export const signs: Calibrator = () => ({ scale: 1, zeroPoint: 0 });
