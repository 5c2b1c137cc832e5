import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import classes from './banner.module.css';

interface BannerProps {
  tone?: 'neutral' | 'info' | 'warning' | 'danger' | 'success';
  icon?: ReactNode;
  children: ReactNode;
  action?: ReactNode;
  /** Told to screen readers at once. */
  alert?: boolean;
}

/** A line of state above the content: what is, and what to do. */
export function Banner({ tone = 'neutral', icon, children, action, alert = false }: BannerProps) {
  return (
    <div className={clsx(classes.banner, classes[tone])} role={alert ? 'alert' : 'note'}>
      {icon && (
        <span className={classes.icon} aria-hidden>
          {icon}
        </span>
      )}
      <div className={classes.text}>{children}</div>
      {action}
    </div>
  );
}
