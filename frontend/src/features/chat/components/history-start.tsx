import type { TFunction } from 'i18next';
import { timeText } from '../../../lib/time-text';
import classes from './history-start.module.css';

interface HistoryStartProps {
  /** ms since 1970; 0: nothing was let go. */
  keptFrom: number;
  language: string;
  t: TFunction<'chat'>;
}

/** Above the first message: says that there were others, and why they are gone. */
export function HistoryStart({ keptFrom, language, t }: HistoryStartProps) {
  if (keptFrom === 0) return null;
  return <p className={classes.start}>{t('history.past', { date: timeText(language).date(keptFrom) })}</p>;
}
