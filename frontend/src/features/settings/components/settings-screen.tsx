import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { useParam, useSetParams } from '../../../platform/navigation';
import { ErrorBoundary } from '../../../ui/error-boundary';
import { ScreenHeader } from '../../../ui/screen-header';
import { AboutSection } from './about-section';
import { AccountSection } from './account-section';
import { AppearanceSection } from './appearance-section';
import { GeneralSection } from './general-section';
import classes from './settings-screen.module.css';

const SECTIONS = { general: GeneralSection, appearance: AppearanceSection, account: AccountSection, about: AboutSection };
type SectionName = keyof typeof SECTIONS;
const NAMES = Object.keys(SECTIONS) as SectionName[];

/** Groups at the left, one of them at the right. */
export function SettingsScreen() {
  const { t } = useTranslation('settings');
  const setParams = useSetParams();
  const asked = useParam('section');
  const shown = NAMES.find((name) => name === asked) ?? 'general';
  const Section = SECTIONS[shown];
  return (
    <div className={classes.screen}>
      <div className={classes.side}>
        <ScreenHeader title={t('title')} compact />
        <nav aria-label={t('nav')}>
          <ul className={classes.nav}>
            {NAMES.map((name) => (
              <li key={name}>
                <button
                  type="button"
                  className={clsx(classes.item, name === shown && classes.on)}
                  aria-current={name === shown ? 'page' : undefined}
                  onClick={() => setParams({ section: name }, { replace: true })}
                >
                  {t(`sections.${name}`)}
                </button>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <div className={`scroll ${classes.body ?? ''}`} tabIndex={0} role="region" aria-label={t(`sections.${shown}`)}>
        <div className={classes.content}>
          <h2 className={classes.title}>{t(`sections.${shown}`)}</h2>
          <ErrorBoundary resetKey={shown}>
            <Section />
          </ErrorBoundary>
        </div>
      </div>
    </div>
  );
}
