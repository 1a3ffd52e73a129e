/**
 * Sums of float32 numbers in the order that ONNX Runtime has on x86-64 (onnxruntime-node 1.30.0: no bit differs in 50,000
 * means of each kind). Means of codes often lie halfway between two, and the order decides.
 */

/** Whether a rule is one of that runtime's. */
export function isRuntimes(rule: string | undefined): boolean {
  return rule?.startsWith('ort') === true;
}

const { fround } = Math;

/** A whole plane (MLAS): every fourth number in a lane of its own, the lanes crosswise, then what is left. */
export function planeSum(x: ArrayLike<number>, first: number, count: number): number {
  const lanes = [0, 0, 0, 0];
  const whole = count - (count % 4);
  for (let i = 0; i < whole; i++) lanes[i % 4] = fround(lanes[i % 4] + x[first + i]);
  return onward(crosswise(lanes), x, first + whole, first + count);
}

/** Numbers one after another (Eigen): packets of four from the first that is aligned, two at a time, then what is left. */
export function packetSum(x: ArrayLike<number>, first: number, count: number): number {
  const before = Math.min((4 - (first % 4)) % 4, count);
  const packets = Math.floor((count - before) / 4);
  if (packets === 0) return onward(x[first], x, first + 1, first + count);
  const start = first + before;
  const pairs = packets - (packets % 2);
  const lanes = Array.from({ length: 4 }, (_, lane) => {
    const at = (packet: number) => x[start + 4 * packet + lane];
    if (packets === 1) return at(0);
    let [even, odd] = [at(0), at(1)];
    for (let packet = 2; packet < pairs; packet += 2) {
      even = fround(even + at(packet));
      odd = fround(odd + at(packet + 1));
    }
    const both = fround(even + odd);
    return packets > pairs ? fround(both + at(pairs)) : both;
  });
  const head = onward(crosswise(lanes), x, first, start);
  return onward(head, x, start + 4 * packets, first + count);
}

/** Rows of a window into one, then that from the left; places below 0 are none. */
export function windowSum(
  x: ArrayLike<number>,
  base: number,
  places: ArrayLike<number>,
  first: number,
  end: number,
  columns: number,
): number {
  let sum = 0;
  for (let column = first; column < first + columns; column++) {
    let own = 0;
    for (let t = column; t < end; t += columns) if (places[t] >= 0) own = fround(own + x[base + places[t]]);
    sum = fround(sum + own);
  }
  return sum;
}

function crosswise([a, b, c, d]: readonly number[]): number {
  return fround(fround(a + c) + fround(b + d));
}

function onward(sum: number, x: ArrayLike<number>, from: number, to: number): number {
  let total = sum;
  for (let i = from; i < to; i++) total = fround(total + x[i]);
  return total;
}
