import type { Feature } from '../../platform/feature';
import { BackupNotice } from './components/backup-notice';
import { BackupSection } from './components/backup-section';
import { staleAfter } from './queries';

/** R137, R138. Link: `/settings?section=backup`, with `do=setup` for the dialog. */
export const feature: Feature = {
  id: 'backup',
  staleAfter,
  settings: [{ id: 'backup', labelKey: 'backup:title', order: 60, component: BackupSection }],
  Notice: BackupNotice,
};
