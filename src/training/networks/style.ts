/**
 * How a network treats what lies between its products: rectified, with a batch-norm after every product too, signs before
 * the binary layers, or those without the signs, for quantizers that take them and use the magnitudes (XNOR-Net).
 */
export type Style = 'relu' | 'normed' | 'sign' | 'bare';
