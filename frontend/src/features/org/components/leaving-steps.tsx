import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { IconCheck, IconClock } from '../../../ui/icons';
import type { Offboarding } from '../cases';
import classes from './leaving-steps.module.css';

/** Steps of every leaving; the others are things that were handed over, or were not. */
const KNOWN: ReadonlySet<string> = new Set(['access', 'devices', 'data', 'requests']);

/** What was done when someone left, and what remains to be done. */
export function LeavingSteps({ steps }: { steps: Offboarding['steps'] }) {
  const { t } = useTranslation('org');
  // Steps come from the features; one without words shows its detail.
  const lookup = t as unknown as (keys: string[], params: object) => string;
  return (
    <ul className={classes.steps}>
      {steps.map(({ key, state, detail }, index) => {
        const done = state === 'done';
        return (
          <li key={`${key} ${String(index)}`} className={clsx(classes.step, done && classes.done)}>
            {done ? <IconCheck size={15} stroke={2.2} aria-hidden /> : <IconClock size={15} stroke={1.8} aria-hidden />}
            <span className={classes.words}>
              {lookup(KNOWN.has(key) ? [`handover.${done ? 'step' : 'stepLeft'}.${key}`] : ['handover.item'], { detail: detail || key })}
              {!KNOWN.has(key) && <span className={clsx(done ? classes.given : classes.open)}>{done ? t('handover.stepDone') : t('handover.stepOpen')}</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
