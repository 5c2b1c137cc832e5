import { useTranslation } from 'react-i18next';
import { Button } from './button';
import { IconAlertTriangle } from './icons';
import classes from './state.module.css';

interface ErrorStateProps {
  /** What failed and what is safe. */
  text: string;
  /** Why, in a sentence. */
  reason?: string;
  /** Behind "details". */
  code?: string;
  onRetry?: () => void;
  /** It is all there is on the page, and so its heading. */
  page?: boolean;
}

/** Stands in place of the content that could not be shown. */
export function ErrorState({ text, reason, code, onRetry, page = false }: ErrorStateProps) {
  const { t } = useTranslation('ui');
  const Text = page ? 'h1' : 'p';
  return (
    <div className={classes.state} role="alert">
      <span className={classes.icon} aria-hidden>
        <IconAlertTriangle size={36} stroke={1.3} />
      </span>
      <Text className={classes.text}>{text}</Text>
      {reason && <p className={classes.help}>{reason}</p>}
      {onRetry && (
        <div className={classes.action}>
          <Button onClick={onRetry}>{t('retry')}</Button>
        </div>
      )}
      {code && (
        <details className={classes.details}>
          <summary>{t('details')}</summary>
          <code className="selectable">{t('errorCode', { code })}</code>
        </details>
      )}
    </div>
  );
}
