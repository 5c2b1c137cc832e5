import { useEffect, useState } from 'react';

/** A draft is written to disk this long after the last change. */
export const DRAFT_AFTER_MS = 500;

/** Keeps one chat's draft: saves it a moment after the last change, and never the same text twice. */
class DraftKeeper {
  private text: string;
  private saved: string;
  private timer = 0;
  private readonly write: (text: string) => void;

  constructor(initial: string, write: (text: string) => void) {
    this.text = initial;
    this.saved = initial;
    this.write = write;
  }

  /** What is in the composer, also after it was left. */
  readonly current = (): string => this.text;

  /** The text changed: it is saved a moment later. */
  readonly change = (text: string): void => {
    this.text = text;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(this.flush, DRAFT_AFTER_MS);
  };

  /** Saves at once. */
  readonly save = (text: string): void => {
    this.text = text;
    this.flush();
  };

  readonly flush = (): void => {
    window.clearTimeout(this.timer);
    if (this.text === this.saved) return;
    this.saved = this.text;
    this.write(this.text);
  };
}

/** The draft of the chat that is open; saved at once when it is left. `initial` and `onSave` are taken once. */
export function useDraft(initial: string, onSave: (text: string) => void): DraftKeeper {
  const [keeper] = useState(() => new DraftKeeper(initial, onSave));
  useEffect(() => keeper.flush, [keeper]);
  return keeper;
}
