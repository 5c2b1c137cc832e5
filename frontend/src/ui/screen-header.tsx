import type { ReactNode } from 'react';
import classes from './screen-header.module.css';

interface ScreenHeaderProps {
  title: string;
  /** Beside the title: a count, a line of state. */
  detail?: ReactNode;
  /** At the right: the segmented view switch, then at most one primary button. */
  children?: ReactNode;
  /** In a list column the title is smaller and the row 52 px. */
  compact?: boolean;
}

/** The title row of a screen or of its list column. Its title is the one h1 of the screen. */
export function ScreenHeader({ title, detail, children, compact = false }: ScreenHeaderProps) {
  return (
    <header className={classes.header} data-compact={compact || undefined}>
      <h1 className={classes.title}>{title}</h1>
      {detail && <span className={classes.detail}>{detail}</span>}
      <span className={classes.space} />
      {children}
    </header>
  );
}
