/** An array that training changes, with the gradient of the loss by it. */
export interface Parameter {
  name: string;
  value: Float32Array;
  gradient: Float32Array;
  /** Values are clipped to [-limit, limit] after every step (latent weights of binary layers: 1). */
  limit?: number;
  /** Whether weight decay applies: weights yes; biases, batch-norm and scales no. */
  decays: boolean;
}

export function parameter(name: string, value: Float32Array, parts: Partial<Parameter> = {}): Parameter {
  return { name, value, gradient: new Float32Array(value.length), decays: false, ...parts };
}
