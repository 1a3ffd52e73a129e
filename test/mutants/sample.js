/** Mulberry32: the same sample of the same seed everywhere. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of them, as many of each group as there are to be had: the groups in turn, each in an order of its own. */
export function draw(all, count, seed, groupOf) {
  const random = randomOf(seed);
  const groups = Map.groupBy ? Map.groupBy(all, groupOf) : grouped(all, groupOf);
  const orders = [...groups.values()].map((members) => shuffled(members, random));
  const drawn = [];
  for (let i = 0; drawn.length < Math.min(count, all.length); i++)
    for (const order of orders) if (i < order.length && drawn.length < count) drawn.push(order[i]);
  return drawn;
}

function grouped(all, groupOf) {
  const groups = new Map();
  for (const each of all) groups.set(groupOf(each), [...(groups.get(groupOf(each)) ?? []), each]);
  return groups;
}

function shuffled(members, random) {
  const order = [...members];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
