/** How many colours there are for people and groups. */
const COLOURS = 8;

/** A colour of the palette, 1…8, always the same for a text. For where the backend's choice is not at hand. */
export function colourOf(text: string): number {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return (hash % COLOURS) + 1;
}
