import { EmojiPicker as Picker } from 'frimousse';
import type { EmojiDataResolver } from 'frimousse';
import { useMemo } from 'react';
import { loadEmoji } from './emoji-data';
import classes from './emoji-picker.module.css';

export interface EmojiPickerLabels {
  search: string;
  empty: string;
  loading: string;
  /** emojibase's group numbers and their names, in the order to show. */
  categories: ReadonlyMap<number, string>;
}

interface EmojiPickerProps {
  language: string;
  labels: EmojiPickerLabels;
  onSelect: (emoji: string) => void;
}

/** Columns of 32 px in a popover 312 px wide. */
const COLUMNS = 9;

export function EmojiPicker({ language, labels, onSelect }: EmojiPickerProps) {
  const resolve = useMemo<EmojiDataResolver>(() => () => loadEmoji(language, labels.categories), [language, labels.categories]);
  return (
    <Picker.Root
      className={classes.root}
      columns={COLUMNS}
      locale={language}
      resolveEmojiData={resolve}
      onEmojiSelect={({ emoji }) => {
        onSelect(emoji);
      }}
    >
      <Picker.Search autoFocus className={classes.search} placeholder={labels.search} aria-label={labels.search} />
      <Picker.Viewport className={classes.viewport}>
        <Picker.Loading className={classes.note}>{labels.loading}</Picker.Loading>
        <Picker.Empty className={classes.note}>{labels.empty}</Picker.Empty>
        <Picker.List
          className={classes.list}
          components={{
            CategoryHeader: ({ category, ...props }) => (
              <div {...props} className={classes.category}>
                {category.label}
              </div>
            ),
            // Positions in a grid count from 1; the library counts from 0.
            Row: (props) => <div {...props} aria-rowindex={(props['aria-rowindex'] ?? 0) + 1} className={classes.row} />,
            Emoji: ({ emoji, ...props }) => (
              <button {...props} aria-colindex={(props['aria-colindex'] ?? 0) + 1} type="button" className={classes.emoji}>
                {emoji.emoji}
              </button>
            ),
          }}
        />
      </Picker.Viewport>
    </Picker.Root>
  );
}
