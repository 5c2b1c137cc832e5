import { useEffect, useRef, useState } from 'react';
import { passphraseApi } from '../platform/api';
import type { PassphraseCheck } from '../platform/api';

export interface NewPassphraseState {
  value: string;
  repeat: string;
  /** null until the first answer; that of the last value asked about. */
  check: PassphraseCheck | null;
  /** Nothing is missing, as far as can be told here. The backend checks again. */
  ready: boolean;
  setValue: (value: string) => void;
  setRepeat: (value: string) => void;
}

/** Typing goes on: asks once it has settled, in ms. */
const SETTLE_MS = 120;

/**
 * A passphrase that is chosen, with what the rules say of it (R10, R11). The text stays in the component: nothing of it is
 * kept in a cache.
 */
export function useNewPassphrase(staffNo: string, name: string): NewPassphraseState {
  const [value, setValue] = useState('');
  const [repeat, setRepeat] = useState('');
  const [check, setCheck] = useState<PassphraseCheck | null>(null);
  const asked = useRef(0);
  useEffect(() => {
    if (value === '') return;
    asked.current++;
    const question = asked.current;
    const timer = window.setTimeout(() => {
      passphraseApi.check({ passphrase: value, staffNo: staffNo.trim(), name: name.trim() }).then(
        (answer) => {
          if (question === asked.current) setCheck(answer);
        },
        // Not answered: then it is refused, with the reason, when it is sent.
        () => undefined,
      );
    }, SETTLE_MS);
    return () => window.clearTimeout(timer);
  }, [value, staffNo, name]);
  return {
    value,
    repeat,
    check: value === '' ? null : check,
    ready: value !== '' && repeat === value && (check?.problems.length ?? 0) === 0,
    setValue,
    setRepeat,
  };
}
