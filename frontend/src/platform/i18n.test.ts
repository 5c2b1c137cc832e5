import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allMessages, languageOf } from './i18n';

interface Texts { [key: string]: string | Texts }

const messages = allMessages() as Record<'zh-CN' | 'en', Record<string, Texts>>;

/** Every key with its text; the forms of a plural count as one key. */
function flat(texts: Texts, prefix = ''): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${prefix}${key}`, value] as [string, string]] : flat(value, `${prefix}${key}.`),
  );
}

const withoutPlural = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, '');

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

const namespaces = Object.keys(messages['zh-CN']);

test('both languages have the same namespaces', () => {
  expect(Object.keys(messages.en).sort()).toEqual([...namespaces].sort());
  expect(namespaces).toEqual(expect.arrayContaining(['app', 'ui', 'team', 'connections', 'settings', 'faults']));
});

test.each(namespaces)('%s: both languages have the same keys with the same values to fill in', (namespace) => {
  const table = (language: 'zh-CN' | 'en') => {
    const found = new Map<string, string[]>();
    for (const [key, text] of flat(messages[language][namespace] ?? {})) {
      const name = withoutPlural(key);
      // "1 device" need not name its number.
      found.set(name, [...new Set([...(found.get(name) ?? []), ...placeholders(text)])].sort() as string[]);
    }
    return Object.fromEntries([...found].sort(([a], [b]) => a.localeCompare(b)));
  };
  expect(table('en')).toEqual(table('zh-CN'));
});

test.each(['zh-CN', 'en'] as const)('no text of %s is empty, and none shouts or begs (ui.md §11)', (language) => {
  const bad = Object.values(messages[language])
    .flatMap((texts) => flat(texts))
    .filter(([, text]) => text.trim() === '' || /[!！]|您|请稍后重试|\bplease\b|\boops\b/i.test(text));
  expect(bad).toEqual([]);
});

/** Codes that only the command line or the log shows, never a page. */
const NOT_FOR_PAGES = /^(data\.|web\.(listen|not_loopback|body|verb|content_type))/;

test('every fault of the backend has a text', () => {
  const backend = join(import.meta.dirname, '../../../backend');
  const joinPackage = join(import.meta.dirname, '../../../sync/join');
  const codes = new Set<string>();
  const commandLine = join(backend, 'command'); // has texts of its own
  for (const file of goFiles(backend).filter((name) => !name.startsWith(commandLine))) {
    for (const [, code] of readFileSync(file, 'utf8').matchAll(/fault\.(?:New|Wrap)\("([a-z_.]*[a-z_])"/g)) codes.add(code ?? '');
    for (const [, code] of readFileSync(file, 'utf8').matchAll(/"((?:join|link|recover|device)\.[a-z_]+)"/g)) codes.add(code ?? '');
  }
  for (const file of goFiles(joinPackage)) {
    for (const [, code] of readFileSync(file, 'utf8').matchAll(/= "((?:join|link|recover)\.[a-z_]+)"/g)) codes.add(code ?? '');
  }
  expect(codes.size).toBeGreaterThan(30);
  const texts = new Map(flat(messages['zh-CN'].faults ?? {}));
  const missing = [...codes].filter((code) => !NOT_FOR_PAGES.test(code) && !texts.has(code));
  expect(missing).toEqual([]);
});

function goFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
    .map((name) => join(dir, name));
}

test('the language of the system decides until someone chooses', () => {
  expect(languageOf('en', ['zh-CN'])).toBe('en');
  expect(languageOf('system', ['zh-TW', 'en-US'])).toBe('zh-CN');
  expect(languageOf('system', ['fr-FR', 'en-GB'])).toBe('en');
  expect(languageOf('system', ['fr-FR'])).toBe('zh-CN');
  expect(languageOf('system', [])).toBe('zh-CN');
});
