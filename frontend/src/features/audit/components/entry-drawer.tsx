import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { Banner } from '../../../ui/banner';
import { Drawer } from '../../../ui/drawer';
import { FieldList } from '../../../ui/field-list';
import type { Entry } from '../model';
import { useEntryText } from '../use-entry-text';
import classes from './entry-drawer.module.css';

const NONE = '—';

/** One entry with what its signature covers. */
export function EntryDrawer({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const { t, i18n } = useTranslation('audit');
  const text = useEntryText();
  const { at, userName, userId, deviceName, deviceId, kind, state, reason, id } = entry;
  const time = timeText(i18n.language);
  const when = Date.parse(at);
  return (
    <Drawer title={t('drawer.title')} onClose={onClose}>
      <h3 className={classes.action}>{text.action(entry)}</h3>
      {state !== 'valid' && (
        <div className={classes.note}>
          <Banner tone={state === 'refused' ? 'danger' : 'warning'}>{state === 'refused' ? t('drawer.refused', { reason: text.reason(reason) }) : t('drawer.pending')}</Banner>
        </div>
      )}
      <FieldList
        fields={[
          { label: t('column.time'), value: `${time.date(when)} ${time.clock(when)}` },
          { label: t('column.person'), value: userName || NONE },
          { label: t('column.device'), value: deviceName || NONE },
          { label: t('filter.kind'), value: text.kind(kind) },
          { label: t('column.state'), value: t(`state.${state}`) },
        ]}
      />
      <details className={classes.details}>
        <summary>{t('drawer.ids')}</summary>
        <FieldList
          fields={[
            { label: t('drawer.entryId'), value: <code className={classes.code}>{id}</code> },
            { label: t('drawer.userId'), value: <code className={classes.code}>{userId || NONE}</code> },
            { label: t('drawer.deviceId'), value: <code className={classes.code}>{deviceId || NONE}</code> },
          ]}
        />
      </details>
      <p className={classes.help}>{t('drawer.signed')}</p>
    </Drawer>
  );
}
