import { Component } from 'react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './button';
import { IconAlertTriangle } from './icons';
import classes from './state.module.css';

interface ErrorBoundaryProps {
  children: ReactNode;
  /** A change of it shows the children again: the id of what is shown. */
  resetKey?: string;
}

interface ErrorBoundaryState {
  error: unknown;
  resetKey: string | undefined;
}

/** One around every pane: a part that breaks never takes the others with it. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { error: null, resetKey: this.props.resetKey };

  static getDerivedStateFromError(error: unknown): Partial<ErrorBoundaryState> {
    return { error };
  }

  static getDerivedStateFromProps(props: ErrorBoundaryProps, state: ErrorBoundaryState): Partial<ErrorBoundaryState> | null {
    return props.resetKey === state.resetKey ? null : { error: null, resetKey: props.resetKey };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <Crash error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}

function Crash({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation('ui');
  return (
    <div className={classes.state} role="alert">
      <span className={classes.icon} aria-hidden>
        <IconAlertTriangle size={36} stroke={1.3} />
      </span>
      <p className={classes.text}>{t('crash.title')}</p>
      <p className={classes.help}>{t('crash.text')}</p>
      <div className={classes.action}>
        <Button onClick={onRetry}>{t('crash.retry')}</Button>
      </div>
      <details className={classes.details}>
        <summary>{t('details')}</summary>
        <code className="selectable">{error instanceof Error ? error.message : String(error)}</code>
      </details>
    </div>
  );
}
