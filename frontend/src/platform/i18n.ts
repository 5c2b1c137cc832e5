// Texts: every folder "messages" is a namespace, named after the folder above it.

import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from './api';
import { FAULTS } from './fault-text';

/** Texts by key; a feature's texts for its fault codes are under "faults". */
interface Messages {
  [key: string]: string | Messages;
}

const files = import.meta.glob<Messages>('../**/messages/*.json', { eager: true, import: 'default' });

/** language → namespace → texts */
export function allMessages(): Record<Language, Record<string, Messages>> {
  const all: Record<Language, Record<string, Messages>> = { 'zh-CN': {}, en: {} };
  for (const [path, texts] of Object.entries(files)) {
    const match = /([\w-]+)\/messages\/(zh-CN|en)\.json$/.exec(path);
    if (!match?.[1] || !match[2]) throw new Error(`${path} is not messages/<language>.json`);
    all[match[2] as Language][match[1]] = texts;
  }
  for (const namespaces of Object.values(all)) {
    namespaces[FAULTS] = Object.values(namespaces).reduce<Messages>((merged, texts) => merge(merged, texts.faults), {});
  }
  return all;
}

function merge(into: Messages, more: Messages | string | undefined): Messages {
  if (typeof more !== 'object') return into;
  for (const [key, value] of Object.entries(more)) {
    const before = into[key];
    into[key] = typeof value === 'object' ? merge(typeof before === 'object' ? before : {}, value) : value;
  }
  return into;
}

/** Starts the translator; synchronous, all texts are in the page. */
export function startTranslator(language: Language): typeof i18next {
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'zh-CN',
    resources: allMessages(),
    defaultNS: 'app',
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  return i18next;
}

/** The language to show: the person's choice, or else the system's. */
export function languageOf(setting: Language | 'system', system: readonly string[]): Language {
  if (setting !== 'system') return setting;
  const first = system.find((tag) => /^(zh|en)\b/i.test(tag));
  return first && /^en\b/i.test(first) ? 'en' : 'zh-CN';
}
