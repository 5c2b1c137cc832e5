import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { Textarea } from '../../../ui/textarea';
import { LEAVE_MODES } from '../cases';
import type { LeaveMode } from '../cases';
import classes from './offboard.module.css';

interface OffboardModeProps {
  mode: LeaveMode;
  note: string;
  onMode: (mode: LeaveMode) => void;
  onNote: (note: string) => void;
}

export function OffboardMode({ mode, note, onMode, onNote }: OffboardModeProps) {
  const { t } = useTranslation('org');
  return (
    <div className={classes.body}>
      <fieldset className={classes.modes}>
        <legend className={classes.legend}>{t('offboard.why')}</legend>
        {LEAVE_MODES.map((one) => (
          <label key={one} className={clsx(classes.mode, one === mode && classes.chosen)}>
            <input
              type="radio"
              name="offboard-mode"
              className={classes.radio}
              value={one}
              checked={one === mode}
              // The dialog's focus trap would take its closing button.
              {...(one === mode ? { 'data-autofocus': true } : {})}
              onChange={() => onMode(one)}
            />
            <span className={classes.words}>
              <b>{t(`offboard.mode.${one}`)}</b>
              <span className={classes.help}>{t(`offboard.modeHelp.${one}`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Textarea label={t('offboard.note')} minRows={2} maxRows={5} value={note} onChange={onNote} />
    </div>
  );
}
