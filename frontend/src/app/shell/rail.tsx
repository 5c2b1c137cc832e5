import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../platform/app-state';
import type { Badge as BadgeValue } from '../../platform/feature';
import { useGo, usePath } from '../../platform/navigation';
import { Badge } from '../../ui/badge';
import { IconButton } from '../../ui/icon-button';
import { IconMoon, IconSun } from '../../ui/icons';
import { features, screensOf } from '../features';
import type { Screen } from '../features';
import classes from './rail.module.css';
import { RailProfile } from './rail-profile';
import { useThemeSwitch } from './theme-switch';

export function Rail() {
  const { t } = useTranslation();
  const { me, role } = useAppState();
  const { theme, toggle } = useThemeSwitch();
  return (
    <nav className={classes.rail} aria-label={t('rail')}>
      <RailProfile userId={me.userId} name={me.name} />
      <ul className={classes.modules}>
        {screensOf(features, 'modules', role).map((screen) => (
          <li key={screen.path}>
            <ModuleButton screen={screen} />
          </li>
        ))}
      </ul>
      <div className={classes.foot}>
        <IconButton label={theme === 'dark' ? t('commands.light') : t('commands.dark')} tooltipSide="right" onClick={toggle}>
          {theme === 'dark' ? <IconSun size={20} stroke={1.6} /> : <IconMoon size={20} stroke={1.6} />}
        </IconButton>
        {screensOf(features, 'foot', role).map((screen) => (
          <FootButton key={screen.path} screen={screen} />
        ))}
      </div>
    </nav>
  );
}

/** Labels of features come as data. */
function useLabel(key: string): string {
  const { t } = useTranslation();
  return (t as unknown as (key: string) => string)(key);
}

const NO_BADGE: BadgeValue = { count: 0, dot: false };
const noBadge = () => NO_BADGE;

function ModuleButton({ screen }: { screen: Screen }) {
  const { t } = useTranslation();
  const go = useGo();
  const on = usePath() === screen.path;
  const label = useLabel(screen.labelKey);
  // The same hook for the whole life of this button: a screen never gets or loses its badge.
  const useBadge = screen.useBadge ?? noBadge;
  const { count, dot } = useBadge();
  const Icon = on ? screen.activeIcon : screen.icon;
  return (
    <button type="button" className={clsx(classes.module, on && classes.on)} aria-current={on ? 'page' : undefined} onClick={() => go(screen.path)}>
      <span className={classes.icon} aria-hidden>
        <Icon size={22} stroke={1.6} />
        <Badge count={count} dot={dot} className={count > 0 ? classes.badge : classes.dot} />
      </span>
      {label}
      {count > 0 && <span className="sr-only">{t('unread', { count })}</span>}
      {count === 0 && dot && <span className="sr-only">{t('news')}</span>}
    </button>
  );
}

function FootButton({ screen }: { screen: Screen }) {
  const go = useGo();
  const on = usePath() === screen.path;
  const Icon = on ? screen.activeIcon : screen.icon;
  return (
    <IconButton label={useLabel(screen.labelKey)} tooltipSide="right" active={on} onClick={() => go(screen.path)}>
      <Icon size={20} stroke={1.6} />
    </IconButton>
  );
}
