import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { CopyButton } from '../../../ui/copy-button';
import { fitsQrCode, QrCode } from '../../../ui/qr-code';
import { useNow } from '../../../ui/use-now';
import type { Link } from '../model';
import classes from './form.module.css';
import own from './link-dialog.module.css';

/** What the other device needs: a QR code or a link, and what to do with it. */
export function LinkOffer({ link, connected }: { link: Link; connected: boolean }) {
  const { t, i18n } = useTranslation('account');
  const now = useNow();
  const expires = timeText(i18n.language).full(Date.parse(link.expiresAt), now);
  return (
    <div className={own.offer}>
      {fitsQrCode(link.link) && <QrCode label={t('link.qr')} text={link.link} size={184} />}
      <div className={own.side}>
        <ol className={own.steps}>
          {(['open', 'paste', 'check'] as const).map((step) => (
            <li key={step}>{t(`link.${step}`)}</li>
          ))}
        </ol>
        <code className={`selectable ${own.box ?? ''}`} data-testid="device-link" title={link.link}>
          {link.link}
        </code>
        <CopyButton text={link.link} label={t('link.copy')} />
        <p className={classes.help} role="status">
          {connected ? t('link.connected') : t('link.waiting', { time: expires })}
        </p>
      </div>
    </div>
  );
}
