import type { Convention } from '../network.js';
import { onnx } from './onnx.js';
import type { Requantization } from './requantization.js';

export const CONVENTIONS: Readonly<Record<Convention, Requantization>> = { onnx };

/** @throws Error naming the layer, where a program made it of a convention that there is not */
export function conventionOf(layer: string, convention: Convention): Requantization {
  if (Object.hasOwn(CONVENTIONS, convention)) return CONVENTIONS[convention];
  throw new Error(
    `layer ${layer} requantizes by the convention ${convention}: there are ${Object.keys(CONVENTIONS).join(' ')}`,
  );
}
