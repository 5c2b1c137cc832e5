import { createTheme, MantineProvider, Menu, Popover, Tooltip } from '@mantine/core';
import type { MantineColorsTuple } from '@mantine/core';
import type { ReactNode } from 'react';
import { ToastProvider } from './toast';

const brand: MantineColorsTuple = [
  '#eaf0ff',
  '#d6e2ff',
  '#adc4fb',
  '#81a2f6',
  '#5c85f0',
  '#3e6bdf',
  '#2f63e6',
  '#2453cb',
  '#1c45ad',
  '#13378f',
];

const theme = createTheme({
  primaryColor: 'brand',
  primaryShade: { light: 6, dark: 5 },
  colors: { brand },
  fontFamily: 'var(--font-sans)',
  fontFamilyMonospace: 'var(--font-mono)',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '18px', sm: '20px', md: '22px', lg: '24px', xl: '28px' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
  components: {
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 350, withArrow: false, offset: 6, fz: 12, events: { hover: true, focus: true, touch: false } } }),
    Menu: Menu.extend({
      defaultProps: {
        shadow: 'md',
        position: 'bottom-end',
        offset: 4,
        transitionProps: { duration: 120 },
        // A menu may hold nothing but items that can have the focus; so the first of them gets it.
        withInitialFocusPlaceholder: false,
        // Where it is asked for, not at the end of the page: content outside of all landmarks is hard to find.
        withinPortal: false,
        floatingStrategy: 'fixed',
      },
    }),
    Popover: Popover.extend({ defaultProps: { shadow: 'md', transitionProps: { duration: 120 } } }),
  },
});

interface UiProviderProps {
  theme: 'light' | 'dark';
  children: ReactNode;
}

/** Theme and toasts: once, around everything. The styles come with ui/styles. */
export function UiProvider({ theme: scheme, children }: UiProviderProps) {
  return (
    <MantineProvider theme={theme} forceColorScheme={scheme}>
      <ToastProvider>{children}</ToastProvider>
    </MantineProvider>
  );
}
