import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import type { PassphraseProblem } from '../platform/api';
import { IconCheck, IconCircle } from './icons';
import classes from './new-passphrase.module.css';
import { PassphraseInput } from './passphrase-input';
import type { NewPassphraseState } from './use-new-passphrase';

interface NewPassphraseProps {
  state: NewPassphraseState;
  label: string;
  /** Someone has tried to send the form: what is missing may be said. */
  checked: boolean;
  autoFocus?: boolean;
}

/** What every passphrase must have; the other problems are told when there is one. */
const MUST = ['short', 'no_letter', 'no_digit', 'no_special'] as const satisfies readonly PassphraseProblem[];

const isMust = (problem: PassphraseProblem) => (MUST as readonly PassphraseProblem[]).includes(problem);

const LEVELS = [1, 2, 3, 4] as const;

/** Chooses a passphrase: the rules while typing, its strength, and once more against typing errors. */
export function NewPassphrase({ state, label, checked, autoFocus = false }: NewPassphraseProps) {
  const { t } = useTranslation('ui');
  const { value, repeat, check, setValue, setRepeat } = state;
  const problems = check?.problems ?? [];
  const other = problems.find((one) => !isMust(one));
  const missing = checked && value === '' ? t('passphrase.required') : checked && problems[0] ? t(`passphrase.problem.${problems[0]}`) : undefined;
  return (
    <div className={classes.pair}>
      <div>
        <PassphraseInput
          label={label}
          required
          autoFocus={autoFocus}
          autoComplete="new-password"
          value={value}
          onChange={setValue}
          error={other ? t(`passphrase.problem.${other}`) : missing}
        />
        <Strength score={value === '' ? null : (check?.score ?? 0)} />
        <ul className={classes.rules}>
          {MUST.map((rule) => {
            const met = check !== null && !problems.includes(rule);
            return (
              <li key={rule} className={clsx(classes.rule, met && classes.met)}>
                {met ? <IconCheck size={13} stroke={2.4} aria-hidden /> : <IconCircle size={13} stroke={1.8} aria-hidden />}
                {t(`passphrase.rule.${rule}`)}
                {met && <span className="sr-only">{t('passphrase.met')}</span>}
              </li>
            );
          })}
        </ul>
      </div>
      <PassphraseInput
        label={t('passphrase.repeat')}
        required
        autoComplete="new-password"
        value={repeat}
        onChange={setRepeat}
        error={checked && repeat !== value ? t('passphrase.different') : undefined}
      />
    </div>
  );
}

function Strength({ score }: { score: number | null }) {
  const { t } = useTranslation('ui');
  const level = score === null ? 0 : Math.max(1, Math.min(4, score));
  return (
    <div className={classes.strength}>
      <span className={classes.bars} aria-hidden>
        {LEVELS.map((one) => (
          <i key={one} className={clsx(classes.bar, one <= level && classes[`level${level}`])} />
        ))}
      </span>
      <span className={classes.word} role="status">
        {level > 0 && t(`passphrase.strength.${level as 1 | 2 | 3 | 4}`)}
      </span>
    </div>
  );
}
