/** What became of a mutant, in the order of the table; the first three were caught. */
const STATES = ['killed', 'types', 'endless', 'survived', 'unreached', 'equivalent'];
const CAUGHT = ['killed', 'types', 'endless'];

/** Whether nothing noticed it. */
export const isAlive = ({ state }) => state === 'survived' || state === 'unreached';

/** One row a room: how many of each, and the share caught of those that are no equivalents. */
export function table(results) {
  const rooms = [...new Set(results.map(({ room }) => room))];
  const header = ['room'.padEnd(10), ...STATES.map((state) => state.padStart(11)), 'caught'.padStart(9)].join('');
  const row = (name, rows) => {
    const count = (state) => rows.filter((each) => each.state === state).length;
    const judged = rows.length - count('equivalent');
    const caught = CAUGHT.reduce((sum, state) => sum + count(state), 0);
    const share = judged === 0 ? '' : `${((100 * caught) / judged).toFixed(1)}%`;
    return [name.padEnd(10), ...STATES.map((state) => String(count(state)).padStart(11)), share.padStart(9)].join('');
  };
  const ofRoom = (name) => results.filter(({ room }) => room === name);
  return [header, ...rooms.map((name) => row(name, ofRoom(name))), row('all', results)].join('\n');
}
