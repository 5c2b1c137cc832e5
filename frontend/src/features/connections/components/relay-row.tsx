import { useState } from 'react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { reasonOf } from '../model';
import { useRemoveRelay } from '../queries';
import { relayTone, shortAddress } from '../relays';
import type { Relay } from '../relays';
import row from './peer-row.module.css';
import classes from './relay-row.module.css';
import { StateDot } from './state-dot';

/** The states that say what to do about them. */
const HELPED = ['not_allowed', 'not_listed', 'full', 'content_full', 'offline'] as const;

function isHelped(state: Relay['state']): state is (typeof HELPED)[number] {
  return HELPED.some((s) => s === state);
}

/** One relay in the panel of devices. */
export function RelayLine({ relay, now }: { relay: Relay; now: number }) {
  return (
    <li className={row.row}>
      <RelayState relay={relay} now={now} />
    </li>
  );
}

/** One relay among the team's, with what to do about it. */
export function RelayRow({ relay, now, mayChange }: { relay: Relay; now: number; mayChange: boolean }) {
  const { t } = useTranslation('connections');
  const [asking, setAsking] = useState(false);
  const name = useRelayName(relay);
  const help = isHelped(relay.state) ? t(`relay.help.${relay.state}`) : '';
  return (
    <li className={classes.relay} aria-label={name}>
      <div className={classes.head}>
        <RelayState relay={relay} now={now} />
        {mayChange && !asking && (
          <Button size="sm" kind="ghost" onClick={() => setAsking(true)}>
            {t('relay.remove')}
            <span className="sr-only">{name}</span>
          </Button>
        )}
      </div>
      {help && <p className={classes.help}>{help}</p>}
      {asking && <Removal relay={relay} onKeep={() => setAsking(false)} />}
    </li>
  );
}

function Removal({ relay, onKeep }: { relay: Relay; onKeep: () => void }) {
  const { t } = useTranslation('connections');
  const faultText = useFaultText();
  const remove = useRemoveRelay();
  return (
    <div className={classes.removal} role="group" aria-label={t('relay.removeYes')}>
      <p className={classes.help}>{remove.error ? t('relay.notRemoved', { reason: faultText(remove.error) }) : t('relay.removeHelp')}</p>
      <div className={classes.buttons}>
        <Button size="sm" onClick={onKeep}>
          {t('relay.removeNo')}
        </Button>
        <Button size="sm" kind="danger" loading={remove.isPending} onClick={() => remove.mutate(relay.key)}>
          {t('relay.removeYes')}
        </Button>
      </div>
    </div>
  );
}

function useRelayName(relay: Relay): string {
  const { t } = useTranslation('connections');
  return relay.name === '' ? t('relay.unnamed') : relay.name;
}

function RelayState({ relay, now }: { relay: Relay; now: number }): ReactNode {
  const { t, i18n } = useTranslation('connections');
  const name = useRelayName(relay);
  const text = useStateText(relay);
  const place = relay.addresses[0] === undefined ? '' : shortAddress(relay.addresses[0]);
  const why = relay.state === 'offline' && relay.reason !== '' ? t(`reason.${reasonOf(relay.reason)}`) : '';
  const kept = relay.storedAt === '' ? '' : t('relay.storedAt', { time: timeText(i18n.language).brief(Date.parse(relay.storedAt), now) });
  return (
    <>
      <StateDot tone={relayTone(relay.state)} />
      <span className={row.names}>
        <b>{name}</b>
        <span className={row.small}>{relay.devices > 0 ? `${place} · ${t('relay.devices', { count: relay.devices })}` : place}</span>
      </span>
      <span className={row.state}>
        {text}
        <span className={row.small}>{why || kept}</span>
      </span>
    </>
  );
}

function useStateText(relay: Relay): string {
  const { t } = useTranslation('connections');
  if (relay.state !== 'syncing') return t(`relay.state.${relay.state}`);
  if (relay.behind > 0) return t('relay.state.behind', { count: relay.behind });
  return relay.waiting > 0 ? t('relay.state.waiting', { count: relay.waiting }) : t('relay.state.syncing');
}
