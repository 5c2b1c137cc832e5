import { clsx } from 'clsx';
import { useRef } from 'react';
import type { ClipboardEvent, KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { WORD_COUNT, wordsIn } from '../lib/words';
import classes from './word-grid.module.css';
import { focusProps } from './text-input';

interface WordInputProps {
  label: string;
  /** WORD_COUNT of them, "" where nothing was typed. */
  words: readonly string[];
  onChange: (words: string[]) => void;
  help?: string;
  error?: string | undefined;
  /** Positions that are wrong, from 0. */
  wrong?: readonly number[];
  autoFocus?: boolean;
}

export const NO_WORDS: readonly string[] = Array.from({ length: WORD_COUNT }, () => '');

/** Takes the recovery words: Space goes on to the next field, Backspace in an empty one back; pasting fills them all. */
export function WordInput({ label, words, onChange, help, error, wrong = [], autoFocus = false }: WordInputProps) {
  const { t } = useTranslation('ui');
  const list = useRef<HTMLOListElement>(null);
  const goTo = (index: number) => list.current?.querySelectorAll('input')[index]?.focus();
  const set = (index: number, value: string) => onChange(words.map((word, at) => (at === index ? value : word)));

  const onKeyDown = (index: number) => (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === ' ') {
      event.preventDefault();
      if (words[index] !== '') goTo(index + 1);
    } else if (event.key === 'Backspace' && words[index] === '') {
      event.preventDefault();
      goTo(index - 1);
    }
  };
  const onPaste = (index: number) => (event: ClipboardEvent) => {
    const pasted = wordsIn(event.clipboardData.getData('text'));
    if (pasted.length < 2) return;
    event.preventDefault();
    onChange(words.map((word, at) => pasted[at - index] ?? word));
    goTo(Math.min(WORD_COUNT - 1, index + pasted.length));
  };
  return (
    <div role="group" aria-label={label}>
      <ol ref={list} className={classes.grid}>
        {words.map((word, index) => (
          <li key={index} className={clsx(classes.cell, wrong.includes(index) && classes.wrong)}>
            <span className={classes.number} aria-hidden>
              {index + 1}
            </span>
            <input
              type="text"
              className={classes.input}
              aria-label={t('words.nth', { n: index + 1 })}
              aria-invalid={wrong.includes(index) || undefined}
              autoCapitalize="none"
              autoComplete="off"
              spellCheck={false}
              {...focusProps(autoFocus && index === 0)}
              value={word}
              onChange={(event) => set(index, event.currentTarget.value.toLowerCase().replace(/[^a-z]/g, ''))}
              onKeyDown={onKeyDown(index)}
              onPaste={onPaste(index)}
            />
          </li>
        ))}
      </ol>
      {error ? (
        <p className={classes.error} role="alert">
          {error}
        </p>
      ) : (
        help && <p className={classes.help}>{help}</p>
      )}
    </div>
  );
}
