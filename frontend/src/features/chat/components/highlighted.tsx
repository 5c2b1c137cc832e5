import { leadIn, splitRanges } from '../model';
import classes from './highlighted.module.css';

interface HighlightedProps {
  text: string;
  ranges: readonly (readonly [number, number])[];
}

/** A message in a search result: what matched is marked and brought into sight. */
export function Highlighted({ text, ranges }: HighlightedProps) {
  const parts = leadIn(splitRanges(text, ranges));
  return (
    <>
      {parts.map((part, index) =>
        part.hit ? (
          <mark key={index} className={classes.hit}>
            {part.text}
          </mark>
        ) : (
          part.text
        ),
      )}
    </>
  );
}
