import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import type { AppState } from '../../../platform/api';
import { appStateQuery } from '../../../platform/app-state';
import { Button } from '../../../ui/button';
import { Frame } from '../../../ui/frame';
import { IconLogout, IconRefresh, IconSnowflake, IconUserOff } from '../../../ui/icons';
import { useNow } from '../../../ui/use-now';
import classes from './ended-screen.module.css';
import form from './form.module.css';

export type EndedPhase = Extract<AppState['phase'], 'frozen' | 'removed' | 'signed_out'>;

const ICON = { frozen: IconSnowflake, removed: IconUserOff, signed_out: IconLogout };

/** This device may do nothing in the team any more: what happened, what that means, and what to do (R16, R17, R21). */
export function EndedScreen({ phase, state }: { phase: EndedPhase; state: AppState }) {
  const { t, i18n } = useTranslation('account');
  const now = useNow();
  const { refetch, isFetching } = useQuery(appStateQuery);
  const { since, by } = state.account;
  const Icon = ICON[phase];
  const at = Date.parse(since);
  const when = Number.isNaN(at) ? '' : timeText(i18n.language).full(at, now);
  const told = by !== '' && when !== '' ? t(`ended.${phase}.by`, { name: by, time: when }) : t(`ended.${phase}.plain`);
  return (
    <Frame>
      <div className={form.head}>
        <span className={classes.icon} aria-hidden>
          <Icon size={28} stroke={1.6} />
        </span>
        <h1 className={form.title}>{t(`ended.${phase}.title`)}</h1>
        <p className={form.intro}>{told}</p>
      </div>
      <ul className={`${classes.points ?? ''} ${form.points ?? ''}`}>
        {(['means', 'data', 'next'] as const).map((point) => (
          <li key={point}>{t(`ended.${phase}.${point}`)}</li>
        ))}
      </ul>
      {phase === 'frozen' && (
        <div className={form.end}>
          <Button icon={<IconRefresh size={16} stroke={1.7} />} loading={isFetching} onClick={() => void refetch()}>
            {t('ended.again')}
          </Button>
        </div>
      )}
    </Frame>
  );
}
