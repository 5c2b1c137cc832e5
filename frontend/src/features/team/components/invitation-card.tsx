import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { CopyButton } from '../../../ui/copy-button';
import { fitsQrCode, QrCode } from '../../../ui/qr-code';
import { useNow } from '../../../ui/use-now';
import type { Invitation } from '../model';
import classes from './invitation-dialog.module.css';

/** One open invitation: what to hand over. */
export function InvitationCard({ invitation }: { invitation: Invitation }) {
  const { t, i18n } = useTranslation('team');
  const now = useNow();
  const { link, note, expiresAt } = invitation;
  const expires = timeText(i18n.language).full(Date.parse(expiresAt), now);
  return (
    <section className={classes.card} aria-label={t('invite.link')}>
      <div className={classes.code}>
        {fitsQrCode(link) ? (
          <>
            <QrCode label={t('invite.qr')} text={link} size={184} />
            <span className={classes.small}>{t('invite.qrHelp')}</span>
          </>
        ) : (
          <span className={classes.small}>{t('invite.tooLong')}</span>
        )}
      </div>
      <div className={classes.words}>
        {note && <b className={classes.for}>{note}</b>}
        <div className={classes.linkBox}>
          <code className={`selectable ${classes.link ?? ''}`} data-testid="invitation-link" title={link}>
            {link}
          </code>
        </div>
        <CopyButton kind="primary" text={link} label={t('invite.copy')} />
        <span className={classes.small}>{t('invite.expiresAt', { time: expires })}</span>
        <span className={classes.small}>{t('invite.local')}</span>
      </div>
    </section>
  );
}
