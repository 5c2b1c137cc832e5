// The 24 recovery words as they are typed and shown.

export const WORD_COUNT = 24;

/** Words in whatever was pasted: numbers before them, commas and line breaks are not theirs. */
export function wordsIn(text: string): string[] {
  return text.toLowerCase().match(/[a-z]+/g) ?? [];
}

/** So many different positions, from 0, in order. `random` gives numbers from 0 up to 1. */
export function somePositions(count: number, random: () => number): number[] {
  const left = Array.from({ length: WORD_COUNT }, (_, index) => index);
  const taken = Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)[0] ?? 0);
  return taken.sort((a, b) => a - b);
}
