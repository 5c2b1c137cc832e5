import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState, useSaveSettings } from '../../../platform/app-state';
import { IconButton } from '../../../ui/icon-button';
import { IconLanguage, IconMoon, IconSun } from '../../../ui/icons';
import { Logo } from '../../../ui/logo';
import { useShownTheme } from '../../../ui/use-shown-theme';
import classes from './frame.module.css';

/** The window before there is a team: the frame of the app, and one sheet in its middle. */
export function Frame({ children }: { children: ReactNode }) {
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
        <div className={classes.sheet}>{children}</div>
      </main>
    </div>
  );
}

/** Language and theme, which nobody should need a team for. */
function Tools() {
  const { t, i18n } = useTranslation('team');
  const { settings } = useAppState();
  const { mutate } = useSaveSettings();
  const theme = useShownTheme();
  const language = i18n.language === 'en' ? 'zh-CN' : 'en';
  return (
    <>
      <IconButton label={t('tools.language')} tooltipSide="bottom" onClick={() => mutate({ ...settings, language })}>
        <IconLanguage size={20} stroke={1.6} />
      </IconButton>
      <IconButton
        label={theme === 'dark' ? t('tools.light') : t('tools.dark')}
        tooltipSide="bottom"
        onClick={() => mutate({ ...settings, theme: theme === 'dark' ? 'light' : 'dark' })}
      >
        {theme === 'dark' ? <IconSun size={20} stroke={1.6} /> : <IconMoon size={20} stroke={1.6} />}
      </IconButton>
    </>
  );
}
