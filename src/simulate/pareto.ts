/** What a point is judged by: quality is to be high, cycles and energy low. */
export interface Objectives {
  quality: number;
  cycles: number;
  energyPj: number;
}

/** True for each point that no other one matches in all three and beats in one. */
export function paretoOptimal(points: readonly Objectives[]): boolean[] {
  return points.map((point) => !points.some((other) => dominates(other, point)));
}

function dominates(x: Objectives, y: Objectives): boolean {
  const notWorse = x.quality >= y.quality && x.cycles <= y.cycles && x.energyPj <= y.energyPj;
  const better = x.quality > y.quality || x.cycles < y.cycles || x.energyPj < y.energyPj;
  return notWorse && better;
}
