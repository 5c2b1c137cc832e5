import { clsx } from 'clsx';
import classes from './progress-bar.module.css';

interface ProgressBarProps {
  label: string;
  /** Done of total; null: something happens, how much is not known. */
  value: { done: number; total: number } | null;
}

export function ProgressBar({ label, value }: ProgressBarProps) {
  const percent = value && value.total > 0 ? Math.min(100, (100 * value.done) / value.total) : null;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { 'aria-valuenow': Math.floor(percent) })}
      className={classes.track}
    >
      <div className={clsx(classes.bar, percent === null && classes.unknown)} style={percent === null ? undefined : { transform: `scaleX(${percent / 100})` }} />
    </div>
  );
}
