import { useTranslation } from 'react-i18next';
import { isMac } from '../../platform/machine';
import { shortcutText } from '../../platform/shortcut';
import { Dialog } from '../../ui/dialog';
import { Kbd } from '../../ui/kbd';
import classes from './shortcut-list.module.css';
import type { ActiveShortcut } from './shortcuts';

interface ShortcutListProps {
  opened: boolean;
  shortcuts: readonly ActiveShortcut[];
  onClose: () => void;
}

export function ShortcutList({ opened, shortcuts, onClose }: ShortcutListProps) {
  const { t } = useTranslation();
  const mac = isMac();
  const rows = [...shortcuts.map(({ keys, label }) => ({ keys, label })), { keys: 'escape', label: t('shortcuts.close') }];
  return (
    <Dialog opened={opened} title={t('shortcuts.title')} onClose={onClose}>
      <dl className={classes.list}>
        {rows.map(({ keys, label }) => (
          <div key={keys} className={classes.row}>
            <dt>{label}</dt>
            <dd>
              <Kbd>{shortcutText(keys, mac)}</Kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
