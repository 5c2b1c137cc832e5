import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../platform/app-state';
import { isMac } from '../../platform/machine';
import { useGo } from '../../platform/navigation';
import { matches } from '../../platform/shortcut';
import { features, screensOf } from '../features';
import { useThemeSwitch } from './theme-switch';

export interface ActiveShortcut {
  keys: string;
  label: string;
  run: () => void;
}

/** All shortcuts of the shell and the features, working while the shell is mounted. */
export function useShortcuts(open: (layer: 'palette' | 'shortcuts') => void): ActiveShortcut[] {
  const { t } = useTranslation();
  const go = useGo();
  const client = useQueryClient();
  const { role } = useAppState();
  const { toggle } = useThemeSwitch();
  // Keys of other namespaces come as data.
  const name = t as unknown as (key: string) => string;
  const modules = screensOf(features, 'modules', role).slice(0, 9);
  const list: ActiveShortcut[] = [
    { keys: 'mod+k', label: t('shortcuts.search'), run: () => open('palette') },
    ...modules.map((screen, index) => ({
      keys: `mod+${index + 1}`,
      label: t('shortcuts.module', { name: name(screen.labelKey) }),
      run: () => go(screen.path),
    })),
    ...features.flatMap(({ shortcuts = [] }) => shortcuts.map(({ keys, labelKey, run }) => ({ keys, label: name(labelKey), run: () => run({ go, client }) }))),
    { keys: 'mod+shift+l', label: t('shortcuts.theme'), run: toggle },
    { keys: 'mod+/', label: t('shortcuts.list'), run: () => open('shortcuts') },
  ];
  useKeys(list);
  return list;
}

function useKeys(list: readonly ActiveShortcut[]): void {
  const latest = useRef(list);
  useEffect(() => {
    latest.current = list;
  });
  const mac = isMac();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const found = latest.current.find(({ keys }) => matches(event, keys, mac));
      if (!found || event.defaultPrevented) return;
      event.preventDefault();
      found.run();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [mac]);
}
