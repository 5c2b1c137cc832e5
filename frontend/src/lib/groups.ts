/** Digits or letters in groups, to be compared or copied by people: "482 913". The last group may be shorter. */
export function inGroups(text: string, size: number): string {
  const groups: string[] = [];
  for (let at = 0; at < text.length; at += size) groups.push(text.slice(at, at + size));
  return groups.join(' ');
}
