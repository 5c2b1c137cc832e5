import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { useParam, useSetParams } from '../../../platform/navigation';
import { useSettingsSections } from '../../../platform/settings-sections';
import type { SettingsSection } from '../../../platform/settings-sections';
import { ErrorBoundary } from '../../../ui/error-boundary';
import { ScreenHeader } from '../../../ui/screen-header';
import { AboutSection } from './about-section';
import { AccountSection } from './account-section';
import { AppearanceSection } from './appearance-section';
import { GeneralSection } from './general-section';
import classes from './settings-screen.module.css';

const GENERAL: SettingsSection = { id: 'general', labelKey: 'settings:sections.general', order: 10, component: GeneralSection };

const OWN: readonly SettingsSection[] = [
  GENERAL,
  { id: 'appearance', labelKey: 'settings:sections.appearance', order: 20, component: AppearanceSection },
  { id: 'account', labelKey: 'settings:sections.account', order: 30, component: AccountSection },
  { id: 'about', labelKey: 'settings:sections.about', order: 90, component: AboutSection },
];

/** Groups at the left, one of them at the right. */
export function SettingsScreen() {
  const { t } = useTranslation('settings');
  const setParams = useSetParams();
  const asked = useParam('section');
  const sections = [...OWN, ...useSettingsSections()].sort((a, b) => a.order - b.order);
  const { id: shown, labelKey, component: Section } = sections.find(({ id }) => id === asked) ?? GENERAL;
  // Labels of features come as data.
  const name = t as unknown as (key: string) => string;
  return (
    <div className={classes.screen}>
      <div className={classes.side}>
        <ScreenHeader title={t('title')} compact />
        <nav aria-label={t('nav')}>
          <ul className={classes.nav}>
            {sections.map(({ id, labelKey: label }) => (
              <li key={id}>
                <button
                  type="button"
                  className={clsx(classes.item, id === shown && classes.on)}
                  aria-current={id === shown ? 'page' : undefined}
                  onClick={() => setParams({ section: id }, { replace: true })}
                >
                  {name(label)}
                </button>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <div className={`scroll ${classes.body ?? ''}`} tabIndex={0} role="region" aria-label={name(labelKey)}>
        <div className={classes.content}>
          <h2 className={classes.title}>{name(labelKey)}</h2>
          <ErrorBoundary resetKey={shown}>
            <Section />
          </ErrorBoundary>
        </div>
      </div>
    </div>
  );
}
