import type { ReactNode } from 'react';
import classes from './state.module.css';

interface EmptyStateProps {
  /** A line icon of 36 px. */
  icon: ReactNode;
  /** One line on what belongs here. */
  text: string;
  help?: string;
  /** At most one button. */
  action?: ReactNode;
}

export function EmptyState({ icon, text, help, action }: EmptyStateProps) {
  return (
    <div className={classes.state}>
      <span className={classes.icon} aria-hidden>
        {icon}
      </span>
      <p className={classes.text}>{text}</p>
      {help && <p className={classes.help}>{help}</p>}
      {action && <div className={classes.action}>{action}</div>}
    </div>
  );
}
