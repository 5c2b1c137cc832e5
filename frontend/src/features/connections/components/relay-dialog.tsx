import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import { RELAYS } from '../../../platform/places';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { ErrorState } from '../../../ui/error-state';
import { useNow } from '../../../ui/use-now';
import { relaysQuery } from '../queries';
import type { Relays } from '../relays';
import classes from './relay-dialog.module.css';
import { RelayGuide } from './relay-guide';
import { RelayRow } from './relay-row';

/** The team's relays: what they are for, how they are, and how to get one. */
export function RelayDialog() {
  const { t } = useTranslation('connections');
  const opened = useParam(RELAYS) !== '';
  const setParams = useSetParams();
  const faultText = useFaultText();
  const { data, error, refetch } = useQuery({ ...relaysQuery, enabled: opened });
  return (
    <Dialog opened={opened} title={t('relay.title')} size="md" onClose={() => setParams({ [RELAYS]: '' }, { replace: true })}>
      {error && !data && <ErrorState text={t('relay.unread')} reason={faultText(error)} onRetry={() => void refetch()} />}
      {data && <Content relays={data} />}
    </Dialog>
  );
}

function Content({ relays: { relays, mayChange, max } }: { relays: Relays }) {
  const { t } = useTranslation('connections');
  const now = useNow();
  const [adding, setAdding] = useState(false);
  const guide = mayChange && (adding || relays.length === 0);
  return (
    <div className={classes.content}>
      <p className={classes.intro}>{t('relay.intro')}</p>
      {relays.length > 0 && (
        <ul aria-label={t('relay.list')}>
          {relays.map((relay) => (
            <RelayRow key={relay.key} relay={relay} now={now} mayChange={mayChange} />
          ))}
        </ul>
      )}
      {relays.length === 0 && !mayChange && <p>{t('relay.none')}</p>}
      {!mayChange && <p className={classes.note}>{t('relay.onlyAdmins')}</p>}
      {guide && <RelayGuide onDone={() => setAdding(false)} />}
      {mayChange && !guide && (
        <div className={classes.buttons}>
          <Button disabledReason={relays.length < max ? '' : t('relay.full', { max })} onClick={() => setAdding(true)}>
            {t('relay.more')}
          </Button>
        </div>
      )}
    </div>
  );
}
