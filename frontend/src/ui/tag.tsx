import { clsx } from 'clsx';
import classes from './tag.module.css';

interface TagProps {
  /** Up to six characters. */
  children: string;
  tone?: 'neutral' | 'brand' | 'success' | 'warning' | 'danger' | 'violet';
}

/** A soft tag of 18 px; one or two at a thing. */
export function Tag({ children, tone = 'neutral' }: TagProps) {
  return <span className={clsx(classes.tag, classes[tone])}>{children}</span>;
}
