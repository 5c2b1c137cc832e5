import { useTranslation } from 'react-i18next';
import { bytesText } from '../../../lib/bytes';
import { timeText } from '../../../lib/time-text';
import { peerTone, reasonOf } from '../model';
import type { Peer } from '../model';
import classes from './peer-row.module.css';
import { StateDot } from './state-dot';

export function SelfRow({ name }: { name: string }) {
  const { t } = useTranslation('connections');
  return (
    <li className={classes.row}>
      <StateDot tone="good" />
      <span className={classes.names}>
        <b>{t('panel.self')}</b>
        <span className={classes.small}>{name}</span>
      </span>
      <span className={classes.state}>{t('panel.thisDevice')}</span>
    </li>
  );
}

export function PeerRow({ peer, now }: { peer: Peer; now: number }) {
  const { t } = useTranslation('connections');
  const state = usePeerText(peer, now);
  const moved = peer.bytesIn + peer.bytesOut > 0;
  const reason = peer.reason && t(`reason.${reasonOf(peer.reason)}`);
  return (
    <li className={classes.row} title={reason || peer.address || undefined}>
      <StateDot tone={peerTone(peer.state)} />
      <span className={classes.names}>
        <b>{t('panel.device', { name: peer.userName })}</b>
        <span className={classes.small}>{peer.path && peer.state !== 'offline' ? `${t(`path.${peer.path}`)} · ${peer.deviceName}` : peer.deviceName}</span>
      </span>
      <span className={classes.state}>
        {state}
        {peer.state === 'offline' && reason && <span className={classes.small}>{reason}</span>}
        {moved && <span className={classes.small}>{t('panel.traffic', { in: bytesText(peer.bytesIn), out: bytesText(peer.bytesOut) })}</span>}
      </span>
    </li>
  );
}

function usePeerText(peer: Peer, now: number): string {
  const { t, i18n } = useTranslation('connections');
  const time = timeText(i18n.language);
  const at = (text: string) => time.brief(Date.parse(text), now);
  switch (peer.state) {
    case 'synced':
      return peer.syncedAt ? t('peer.synced', { time: at(peer.syncedAt) }) : t('peer.syncedPlain');
    case 'syncing':
    case 'authenticated':
      return peer.behind > 0 ? t('peer.behind', { count: peer.behind }) : t('peer.syncing');
    case 'connected':
      return t('peer.connected');
    case 'found':
      return t('peer.found');
    case 'offline':
      return peer.lastSeen ? t('peer.lastSeen', { time: time.full(Date.parse(peer.lastSeen), now) }) : t('peer.never');
  }
}
