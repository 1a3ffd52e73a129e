/** What errors say, in a line. */

/** Names in a damaged file may be anything: what is not for a line is escaped, and what is too long cut. */
export function oneLine(text: string): string {
  const shown = text.replace(
    /[\p{Cc}\u2028\u2029\ufffd]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}...` : shown;
}

const LONGEST = 600;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
