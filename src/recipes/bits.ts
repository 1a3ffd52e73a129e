/** Bits of the codes that the layers between the first and the last multiply; what they are held in may be wider. */
export interface Bits {
  weights: number;
  activations: number;
}
