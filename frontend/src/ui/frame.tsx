import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState, useSaveSettings } from '../platform/app-state';
import { IconButton } from './icon-button';
import { IconLanguage, IconMoon, IconSun } from './icons';
import { Logo } from './logo';
import { useShownTheme } from './use-shown-theme';
import classes from './frame.module.css';

interface FrameProps {
  children: ReactNode;
  /** "narrow" for a short form, "wide" for 24 words. */
  width?: 'narrow' | 'normal' | 'wide';
}

/** The window while the app itself is not there (no team yet, locked, ended): its frame, and one sheet in the middle. */
export function Frame({ children, width = 'normal' }: FrameProps) {
  const { t } = useTranslation('app');
  return (
    <div className={classes.frame}>
      <header className={classes.bar}>
        <Logo />
        <b>{t('product')}</b>
        <span className={classes.space} />
        <Tools />
      </header>
      <main className={`scroll ${classes.main}`}>
        <div className={clsx(classes.sheet, classes[width])}>{children}</div>
      </main>
    </div>
  );
}

/** Language and theme, which nobody should need a team or a passphrase for. */
function Tools() {
  const { t, i18n } = useTranslation('ui');
  const { settings } = useAppState();
  const { mutate } = useSaveSettings();
  const theme = useShownTheme();
  const language = i18n.language === 'en' ? 'zh-CN' : 'en';
  return (
    <>
      <IconButton label={t('frame.language')} tooltipSide="bottom" onClick={() => mutate({ ...settings, language })}>
        <IconLanguage size={20} stroke={1.6} />
      </IconButton>
      <IconButton
        label={theme === 'dark' ? t('frame.light') : t('frame.dark')}
        tooltipSide="bottom"
        onClick={() => mutate({ ...settings, theme: theme === 'dark' ? 'light' : 'dark' })}
      >
        {theme === 'dark' ? <IconSun size={20} stroke={1.6} /> : <IconMoon size={20} stroke={1.6} />}
      </IconButton>
    </>
  );
}
