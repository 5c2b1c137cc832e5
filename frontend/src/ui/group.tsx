import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import classes from './group.module.css';

interface GroupProps {
  title: string;
  help: string;
  /** At the right of the heading: a choice or a button. */
  control?: ReactNode;
  children?: ReactNode;
}

/** One setting, or a few that belong together: heading, one line of help, and what can be chosen. */
export function Group({ title, help, control, children }: GroupProps) {
  return (
    <section className={classes.group} aria-label={title}>
      <div className={classes.head}>
        <div className={classes.words}>
          <h3 className={classes.title}>{title}</h3>
          <p className={classes.help}>{help}</p>
        </div>
        {control}
      </div>
      {children}
    </section>
  );
}

/** Names and values in two columns. */
export function Facts({ facts }: { facts: readonly { name: string; value: string; code?: boolean }[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(({ name, value, code = false }) => (
        <div key={name} className={classes.fact}>
          <dt>{name}</dt>
          <dd className={clsx('selectable', code && classes.code)}>{value || '—'}</dd>
        </div>
      ))}
    </dl>
  );
}
