import type { Engine } from './engine.js';
import type { GemmJob, SumArray } from './gemm.js';

/** A datapath on float64 values, one output after the other. */
export interface Scalar {
  engine: Engine;
  finish: Finish;
  /** Its result takes random bits after its sums have taken theirs. */
  drawsAfterwards: boolean;
  /** Puts the finished sum of one output of a job. */
  single: (job: GemmJob, sums: SumArray) => (index: number) => void;
}

/** Puts an output's last sum, as its register carries it, on its way out. */
export type Finish = (sums: SumArray, index: number, total: number) => void;
