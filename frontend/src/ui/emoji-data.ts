// Emoji for the picker from the bundled emojibase data: nothing is fetched from the
// network. Loaded on first use only; a language weighs about 700 kB.

import type { EmojiData } from 'frimousse';

/** The part of emojibase's records that is used here. */
interface Record {
  emoji: string;
  label: string;
  tags?: string[];
  group?: number;
  version: number;
}

/** Newer emoji are boxes on the oldest systems the app runs on. */
const MAX_VERSION = 13;

const COMPONENTS = 2;
/** Windows draws country flags as two letters, so flags are left out. */
const FLAGS = 9;

/** `categories` names emojibase's groups by number, in the order of the picker. */
export async function loadEmoji(language: string, categories: ReadonlyMap<number, string>): Promise<EmojiData> {
  const chinese = language.startsWith('zh');
  const data = chinese ? await import('emojibase-data/zh/data.json') : await import('emojibase-data/en/data.json');
  const emojis = (data.default as Record[])
    .filter((e) => e.group !== undefined && e.group !== COMPONENTS && e.group !== FLAGS && e.version <= MAX_VERSION)
    .map((e) => ({ emoji: e.emoji, category: e.group ?? 0, version: e.version, label: e.label, tags: e.tags ?? [] }));
  return {
    locale: language,
    emojis,
    categories: [...categories].map(([index, label]) => ({ index, label })),
    skinTones: { light: '', 'medium-light': '', medium: '', 'medium-dark': '', dark: '' },
  };
}
