import { useTranslation } from 'react-i18next';
import { Banner } from '../../../ui/banner';
import { Checkbox } from '../../../ui/checkbox';
import { IconShieldLock } from '../../../ui/icons';
import { Segmented } from '../../../ui/segmented';
import { COUNCIL_NEEDED, COUNCIL_SIZES } from '../model';
import classes from './form.module.css';

interface CouncilFieldProps {
  /** Number of keys, 0 for no council. */
  value: number;
  onChange: (keys: number) => void;
}

/** What nobody can do about the founder, and the one way around it, which exists only now. */
export function CouncilField({ value, onChange }: CouncilFieldProps) {
  const { t } = useTranslation('team');
  return (
    <fieldset className={classes.section}>
      <legend className={classes.heading}>{t('council.heading')}</legend>
      <div className={classes.notice}>
        <Banner tone={value > 0 ? 'neutral' : 'warning'} icon={<IconShieldLock size={16} stroke={1.8} />}>
          {t('council.limit')}
        </Banner>
      </div>
      <Checkbox label={t('council.use')} help={t('council.help', { k: COUNCIL_NEEDED })} checked={value > 0} onChange={(on) => onChange(on ? COUNCIL_SIZES[0] : 0)} />
      {value > 0 && (
        <div className={classes.council}>
          <Segmented
            label={t('council.size')}
            value={String(value)}
            options={COUNCIL_SIZES.map((n) => ({ value: String(n), label: t('council.keys', { n, k: COUNCIL_NEEDED }) }))}
            onChange={(keys) => onChange(Number(keys))}
          />
          <p className={classes.note}>{t('council.next')}</p>
        </div>
      )}
    </fieldset>
  );
}
