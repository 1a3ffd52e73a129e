import { type LoweredJob, lower } from '../../networks/lower.js';
import type { Layer, Network } from '../../networks/network.js';

/** Layers of a quantized network whose products still are of real numbers: the array has no codes to multiply. */
export function leftReal(network: Network): Layer[] {
  const real = ({ aFormat, bFormat }: LoweredJob) => aFormat === undefined || bFormat === undefined;
  const names = new Set(
    lower(network)
      .filter(real)
      .map(({ layer }) => layer),
  );
  return network.layers.filter(({ name }) => names.has(name));
}
