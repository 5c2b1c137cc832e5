import { clsx } from 'clsx';
import classes from './badge.module.css';

/** More than this is written "99+". */
const MOST = 99;

export function badgeNumber(count: number): string {
  return count > MOST ? `${MOST}+` : String(count);
}

interface BadgeProps {
  /** A number for what asks for me; 0 shows the dot, if any. */
  count: number;
  dot?: boolean;
  className?: string | undefined;
}

/** The red mark at the corner of what it stands in, which is positioned. --row is the colour around it. */
export function Badge({ count, dot = false, className }: BadgeProps) {
  if (count > 0) return <span className={clsx(classes.badge, className)}>{badgeNumber(count)}</span>;
  return dot ? <span className={clsx(classes.dot, className)} /> : null;
}
