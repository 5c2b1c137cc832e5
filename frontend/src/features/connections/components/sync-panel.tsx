import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useSetParams } from '../../../platform/navigation';
import { ADDRESS, RELAYS } from '../../../platform/places';
import { useNow } from '../../../ui/use-now';
import { sortPeers } from '../model';
import type { Connections } from '../model';
import { relaysQuery, useSyncNow } from '../queries';
import { useStateText } from '../use-state-text';
import { PeerRow, SelfRow } from './peer-row';
import { RelayLine } from './relay-row';
import classes from './sync-panel.module.css';

interface SyncPanelProps {
  connections: Connections;
  onClose: () => void;
}

/** What waits to be sent and received, and every device of the team: how it is reached and how far it is. */
export function SyncPanel({ connections, onClose }: SyncPanelProps) {
  const { t, i18n } = useTranslation('connections');
  const now = useNow();
  const setParams = useSetParams();
  const sync = useSyncNow();
  const relays = useQuery(relaysQuery).data?.relays ?? [];
  const { state } = useStateText(connections);
  const { syncedAt, upload, download, online, peers, self } = connections;
  const lastSync = syncedAt ? t('panel.lastSync', { time: timeText(i18n.language).full(Date.parse(syncedAt), now) }) : t('panel.neverSynced');
  return (
    <>
      <div className={classes.header}>
        <h2 className={classes.title}>{state}</h2>
        <span>{lastSync}</span>
      </div>
      <dl className={classes.counts}>
        <Count name={t('panel.upload')} value={upload} />
        <Count name={t('panel.download')} value={download} />
        <Count name={t('panel.online')} value={online} />
      </dl>
      <ul className={`scroll ${classes.devices ?? ''}`} aria-label={t('panel.devices')} tabIndex={0}>
        <SelfRow name={self.deviceName} />
        {relays.map((relay) => (
          <RelayLine key={relay.key} relay={relay} now={now} />
        ))}
        {sortPeers(peers).map((peer) => (
          <PeerRow key={peer.deviceId} peer={peer} now={now} />
        ))}
        {peers.length === 0 && <li className={classes.alone}>{t('panel.alone')}</li>}
      </ul>
      <div className={classes.footer}>
        <button type="button" className={classes.sync} onClick={() => sync.mutate()}>
          {t('panel.syncNow')}
        </button>
        <button
          type="button"
          onClick={() => {
            onClose();
            setParams({ [ADDRESS]: '1' });
          }}
        >
          {t('panel.addAddress')}
        </button>
        <button
          type="button"
          onClick={() => {
            onClose();
            setParams({ [RELAYS]: '1' });
          }}
        >
          {t('relay.title')}
        </button>
      </div>
    </>
  );
}

function Count({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
