import { Skeleton } from '../../../ui/skeleton';
import classes from './history-skeleton.module.css';

/** Widths of the bubbles in px; a negative one stands at the right. */
const BUBBLES = [260, 180, -220, 320, 140, -160, 240];

export function HistorySkeleton() {
  return (
    <div className={classes.bubbles} aria-hidden>
      {BUBBLES.map((width, index) => (
        <div key={index} className={width < 0 ? classes.own : classes.other}>
          {width > 0 && <Skeleton tile height={36} />}
          <Skeleton width={Math.abs(width)} height={38} />
        </div>
      ))}
    </div>
  );
}
