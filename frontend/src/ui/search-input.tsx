import { useEffect, useRef, useState } from 'react';
import type { KeyboardEvent, Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from './icon-button';
import { IconSearch, IconX } from './icons';
import classes from './search-input.module.css';
import { focusProps } from './text-input';

interface SearchInputProps {
  label: string;
  placeholder: string;
  value: string;
  /** Called 120 ms after the last change, and never while an input method is composing. */
  onSearch: (text: string) => void;
  autoFocus?: boolean;
  onKeyDown?: (event: KeyboardEvent<HTMLInputElement>) => void;
  ref?: Ref<HTMLInputElement>;
}

const SETTLE_MS = 120;

export function SearchInput({ label, placeholder, value, onSearch, autoFocus = false, onKeyDown, ref }: SearchInputProps) {
  const { t } = useTranslation('ui');
  const input = useDebouncedText(value, onSearch, SETTLE_MS);
  return (
    <div className={classes.box}>
      <IconSearch size={15} stroke={1.7} aria-hidden />
      <input
        ref={ref}
        type="text"
        role="searchbox"
        className={classes.input}
        aria-label={label}
        placeholder={placeholder}
        // The person asked for it by opening what it stands in.
        {...focusProps(autoFocus)}
        autoComplete="off"
        spellCheck={false}
        onKeyDown={onKeyDown}
        {...input.props}
      />
      {input.text !== '' && (
        <IconButton label={t('clear')} size="sm" onClick={() => input.setNow('')}>
          <IconX size={14} stroke={1.8} />
        </IconButton>
      )}
    </div>
  );
}

/** Text of a field that is told when it has settled: not while composing, and a moment after the last change. */
export function useDebouncedText(value: string, tell: (text: string) => void, ms: number) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  // Texts that were told and have not come back as the value yet: that may take a while, and typing goes on.
  const [pending, setPending] = useState<readonly string[]>([]);
  if (seen !== value) {
    setSeen(value);
    const echo = pending.indexOf(value);
    setPending(pending.slice(echo + 1));
    // Set from outside, for example by "clear filters".
    if (echo < 0) {
      setPending([]);
      setText(value);
    }
  }
  const state = useRef({ timer: 0, composing: false, tell });
  useEffect(() => {
    state.current.tell = tell;
  });
  useEffect(() => {
    const { current } = state;
    return () => window.clearTimeout(current.timer);
  }, []);
  const setNow = (next: string) => {
    window.clearTimeout(state.current.timer);
    setText(next);
    setPending((before) => [...before, next]);
    state.current.tell(next);
  };
  const settle = (next: string) => {
    window.clearTimeout(state.current.timer);
    if (state.current.composing) return;
    state.current.timer = window.setTimeout(() => {
      setPending((before) => [...before, next]);
      state.current.tell(next);
    }, ms);
  };
  return {
    text,
    setNow,
    props: {
      value: text,
      onChange: (event: React.ChangeEvent<HTMLInputElement>) => {
        setText(event.currentTarget.value);
        settle(event.currentTarget.value);
      },
      onCompositionStart: () => {
        state.current.composing = true;
      },
      onCompositionEnd: (event: React.CompositionEvent<HTMLInputElement>) => {
        state.current.composing = false;
        settle(event.currentTarget.value);
      },
    },
  };
}
