import classes from './word-grid.module.css';

/** The recovery words, numbered, to be copied by hand. They cannot be selected: paper has no clipboard history. */
export function WordGrid({ label, words }: { label: string; words: readonly string[] }) {
  return (
    <ol className={classes.grid} aria-label={label}>
      {words.map((word, index) => (
        <li key={index} className={classes.cell}>
          <span className={classes.number} aria-hidden>
            {index + 1}
          </span>
          <b className={classes.word}>{word}</b>
        </li>
      ))}
    </ol>
  );
}
