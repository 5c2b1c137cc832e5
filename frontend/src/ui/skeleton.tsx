import { clsx } from 'clsx';
import { useEffect, useState } from 'react';
import type { CSSProperties, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './skeleton.module.css';

interface SkeletonProps {
  width?: CSSProperties['width'];
  height?: number;
  /** A tile like an avatar's instead of a line. */
  tile?: boolean;
}

/** A grey stand-in in the shape of what comes. */
export function Skeleton({ width = '100%', height = 12, tile = false }: SkeletonProps) {
  return <span className={clsx(classes.bone, tile && classes.tile)} style={{ width: tile ? height : width, height }} aria-hidden />;
}

/** What loads faster than this shows nothing at all: a flash is worse than a pause. */
const DELAY_MS = 150;

/** Shows the skeleton inside, unless loading is over before anyone could tell. */
export function Loading({ children }: { children: ReactNode }) {
  const { t } = useTranslation('ui');
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setShown(true), DELAY_MS);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <div className={classes.loading} role="status" aria-busy>
      {shown && children}
      {shown && <span className="sr-only">{t('loading')}</span>}
    </div>
  );
}

/** Rows of a list with avatars, 64 px each. */
export function SkeletonRows({ rows = 8 }: { rows?: number }) {
  return Array.from({ length: rows }, (_, index) => (
    <div key={index} className={classes.row}>
      <Skeleton tile height={40} />
      <span className={classes.lines}>
        <Skeleton width={`${48 + ((index * 17) % 30)}%`} />
        <Skeleton width={`${68 + ((index * 11) % 26)}%`} height={10} />
      </span>
    </div>
  ));
}
