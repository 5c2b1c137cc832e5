import { useTranslation } from 'react-i18next';
import type { Connections } from './model';

interface StateText {
  state: string;
  detail: string;
}

/** The state of synchronisation in words (ui.md §6). */
export function useStateText(connections: Connections): StateText {
  const { t } = useTranslation('connections');
  const { state, online, upload, download, peers } = connections;
  const left = upload + download;
  switch (state) {
    case 'synced':
      return { state: t('chip.synced'), detail: t('chip.syncedDetail', { count: online }) };
    case 'syncing':
      return { state: t('chip.syncing'), detail: left > 0 ? t('chip.syncingDetail', { count: left }) : t('chip.syncingDetailNone') };
    case 'waiting':
      return { state: t('chip.waiting'), detail: peers.length > 0 ? t('chip.waitingDetail') : t('chip.waitingAlone') };
    case 'offline':
      return { state: t('chip.offline'), detail: upload > 0 ? t('chip.offlineDetail', { count: upload }) : t('chip.offlineDetailNone') };
    case 'error':
      return { state: t('chip.error'), detail: t('chip.errorDetail') };
  }
}
