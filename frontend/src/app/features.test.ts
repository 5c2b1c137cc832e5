import { expect, test } from 'vitest';
import { allMessages } from '../platform/i18n';
import { features } from './features';

const ids = features.map(({ id }) => id);
const shortcuts = features.flatMap((feature) => feature.shortcuts ?? []);

test('every feature has its own name, place and order', () => {
  expect(new Set(ids).size).toBe(ids.length);
  const screens = features.flatMap(({ screen }) => screen ?? []);
  expect(new Set(screens.map(({ path }) => path)).size).toBe(screens.length);
  expect(new Set(screens.map(({ place, order }) => `${place} ${order}`)).size).toBe(screens.length);
});

test.each(['zh-CN', 'en'] as const)('every label is there in %s', (language) => {
  const all = allMessages()[language];
  const keys = [...features.flatMap(({ screen }) => screen?.labelKey ?? []), ...shortcuts.map(({ labelKey }) => labelKey)];
  const missing = keys.filter((key) => {
    const [namespace = '', path = ''] = key.split(':');
    const text = path.split('.').reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], all[namespace]);
    return typeof text !== 'string';
  });
  expect(missing).toEqual([]);
});

test('no shortcut is one that input methods own (ui.md §7)', () => {
  const taken = ['mod+ ', 'shift+ ', 'mod+.', 'mod+shift+f', 'shift', 'mod+shift'];
  expect(shortcuts.filter(({ keys }) => taken.includes(keys))).toEqual([]);
});
