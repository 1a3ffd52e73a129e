import { shapeText } from './numbers.js';
import { isFree, portText } from './ports.js';
import type { DataLayout, PortShape } from './samples.js';

/** What an image must be for a port, and how it is laid there. */
export interface PictureShape {
  channels: 1 | 3;
  /** Axes of the port, without the batch: their place among height, width and channels of a decoded image. */
  order: readonly number[];
  /** 0 where any will do. */
  height: number;
  width: number;
  /** The port's axes before those of an image: the batch, or none. */
  hasBatch: boolean;
  /** Whether the port has an axis of channels. */
  hasChannels: boolean;
  /** Pixels of a port that takes a grey image as a row. */
  flat?: number;
}

const isChannels = (axis: number | string): axis is 1 | 3 => axis === 1 || axis === 3;
const fixed = (axis: number | string): number => (isFree(axis) ? 0 : (axis as number));

/**
 * How a port takes images, from its shape. Of [n, c, h, w] or [n, h, w, c] the channels are the second or the last axis,
 * whichever has length 1 or 3; [n, h, w] and [n, h * w] are grey, and [3, h, w] or [h, w, 3] one image without a batch.
 * @param layout which of them, where the shape does not tell
 * @throws Error with one line that names the port, and --layout where that would tell
 */
export function pictureShapeOf(port: PortShape, layout: DataLayout | undefined): PictureShape {
  const { shape } = port;
  if (shape.length === 4) return colorShape(port, shape.slice(1), layout, true);
  if (shape.length === 3 && !isFree(shape[0]) && shape[0] !== 1) return colorShape(port, shape, layout, false);
  const grey = { channels: 1, order: [0, 1], hasBatch: true, hasChannels: false } as const;
  if (shape.length === 3) return { ...grey, height: fixed(shape[1]), width: fixed(shape[2]) };
  if (shape.length === 2 && !isFree(shape[1])) return { ...grey, height: 0, width: 0, flat: shape[1] as number };
  throw new Error(`${portText(port)}, which is not the shape of an image: 1x3x224x224 would be one, or 1x224x224x3`);
}

function colorShape(
  port: PortShape,
  [a, b, c]: readonly (number | string)[],
  layout: DataLayout | undefined,
  hasBatch: boolean,
): PictureShape {
  const [first, last] = [isChannels(a), isChannels(c)];
  if (!first && !last)
    throw new Error(
      `${portText(port)}, and an image has 1 or 3 channels: the axis of channels is ${shapeText([a])} or ${shapeText([c])}`,
    );
  if (first && last && layout === undefined)
    throw new Error(
      `${portText(port)}, of which the first axis or the last may be the channels: --layout nchw or nhwc says which`,
    );
  const isFirst = first && last ? layout === 'nchw' : first;
  const [channels, height, width] = isFirst ? [a, b, c] : [c, a, b];
  return {
    channels: channels as 1 | 3,
    order: isFirst ? [2, 0, 1] : [0, 1, 2],
    height: fixed(height),
    width: fixed(width),
    hasBatch,
    hasChannels: true,
  };
}
