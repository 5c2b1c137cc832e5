import { useComputedColorScheme } from '@mantine/core';

/** The theme on the screen now, whoever chose it. */
export function useShownTheme(): 'light' | 'dark' {
  return useComputedColorScheme('light');
}
