import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import type { FlatNamespace } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PaletteItem } from '../../platform/feature';
import { useAppState } from '../../platform/app-state';
import { isMac } from '../../platform/machine';
import { useGo, useSetParams } from '../../platform/navigation';
import { shortcutText } from '../../platform/shortcut';
import { IconKeyboard, IconMoon, IconSun } from '../../ui/icons';
import { Palette } from '../../ui/palette';
import { features, screensOf } from '../features';
import { useThemeSwitch } from './theme-switch';

interface PaletteHostProps {
  opened: boolean;
  onClose: () => void;
  onShortcuts: () => void;
}

/** Puts together what the features offer for a query. */
export function PaletteHost({ opened, onClose, onShortcuts }: PaletteHostProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  const found = useFeatureItems(query.trim(), opened);
  const commands = useCommands(onShortcuts).filter(({ label }) => label.toLowerCase().includes(query.trim().toLowerCase()));
  return (
    <Palette
      opened={opened}
      label={t('search.label')}
      placeholder={t('search.placeholder')}
      empty={t('search.none')}
      items={[...found, ...commands]}
      onSearch={setQuery}
      onClose={() => {
        setQuery('');
        onClose();
      }}
    />
  );
}

function useFeatureItems(query: string, opened: boolean): PaletteItem[] {
  const { t } = useTranslation<FlatNamespace[]>();
  const go = useGo();
  const setParams = useSetParams();
  const client = useQueryClient();
  const { data = [] } = useQuery({
    queryKey: ['palette', query],
    queryFn: async () => {
      const sources = features.flatMap(({ palette }) => palette ?? []);
      const found = await Promise.allSettled(sources.map((source) => source(query, { t, go, setParams, client })));
      return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    },
    enabled: opened,
    placeholderData: keepPreviousData,
    // Items hold functions of this moment.
    gcTime: 0,
    staleTime: 0,
  });
  return data;
}

function useCommands(onShortcuts: () => void): PaletteItem[] {
  const { t } = useTranslation();
  const go = useGo();
  const { role } = useAppState();
  const { theme, toggle } = useThemeSwitch();
  const mac = isMac();
  const group = t('commands.group');
  const name = t as unknown as (key: string) => string;
  const modules = screensOf(features, 'modules', role);
  return [
    ...[...modules, ...screensOf(features, 'foot', role)].map((screen, index) => ({
      id: `open ${screen.path}`,
      group,
      label: t('commands.goTo', { name: name(screen.labelKey) }),
      icon: screen.icon,
      ...(index < modules.length ? { hint: shortcutText(`mod+${index + 1}`, mac) } : {}),
      run: () => go(screen.path),
    })),
    {
      id: 'theme',
      group,
      label: theme === 'dark' ? t('commands.light') : t('commands.dark'),
      icon: theme === 'dark' ? IconSun : IconMoon,
      hint: shortcutText('mod+shift+l', mac),
      run: toggle,
    },
    { id: 'shortcuts', group, label: t('commands.shortcuts'), icon: IconKeyboard, hint: shortcutText('mod+/', mac), run: onShortcuts },
  ];
}
