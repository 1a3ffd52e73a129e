/** Numbers that training remembers from step to step, by name; a checkpoint is all of them. */
export interface StateArray {
  name: string;
  data: Float32Array | Float64Array;
}
