import { clsx } from 'clsx';
import type { Tone } from '../model';
import classes from './state-dot.module.css';

/** A dot beside the text that says the same. */
export function StateDot({ tone }: { tone: Tone }) {
  return <i className={clsx(classes.dot, classes[tone])} aria-hidden />;
}
