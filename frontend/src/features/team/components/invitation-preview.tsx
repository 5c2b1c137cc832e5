import { useTranslation } from 'react-i18next';
import { colourOf } from '../../../lib/colour';
import { timeText } from '../../../lib/time-text';
import { GroupAvatar } from '../../../ui/avatar';
import { useNow } from '../../../ui/use-now';
import type { InvitationPreview as Preview } from '../model';
import classes from './form.module.css';

/** What a link says of itself, before anything is done with it. */
export function InvitationPreview({ preview }: { preview: Preview }) {
  const { t, i18n } = useTranslation('team');
  const now = useNow();
  const expires = timeText(i18n.language).full(Date.parse(preview.expiresAt), now);
  return (
    <div role="status">
      <div className={classes.preview}>
        <GroupAvatar name={preview.teamName} colour={colourOf(preview.teamName)} size={40} />
        <div className={classes.previewText}>
          <b>{preview.teamName}</b>
          <span>
            {t('join.from', { name: preview.inviter })} · {t('join.expires', { time: expires })}
          </span>
        </div>
      </div>
      {preview.addresses === 0 && <p className={classes.note}>{t('join.noAddress')}</p>}
    </div>
  );
}
