import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { TextInput } from '../../../ui/text-input';
import type { LeaveMode, OffboardPlan } from '../cases';
import classes from './offboard.module.css';

interface OffboardConfirmProps {
  plan: OffboardPlan;
  mode: LeaveMode;
  heirs: Record<string, string>;
  typed: string;
  onTyped: (text: string) => void;
  onEnter: () => void;
  /** What was typed is not the name, and someone has tried. */
  wrong: boolean;
  error: unknown;
}

/** All that will happen, and the name to be typed. */
export function OffboardConfirm({ plan, mode, heirs, typed, onTyped, onEnter, wrong, error }: OffboardConfirmProps) {
  const { t } = useTranslation('org');
  const reasonOf = useFaultText();
  const { name } = plan.member;
  const given = plan.items.filter(({ id }) => heirs[id]).length;
  const left = plan.items.length - given;
  return (
    <div className={classes.body}>
      <ul className={classes.points}>
        <li>{t('offboard.effect.access', { name, count: plan.devices })}</li>
        <li>{t('offboard.effect.offline')}</li>
        <li>{t('offboard.effect.keys')}</li>
        <li>{t(`offboard.effect.${mode}`)}</li>
        {plan.items.length > 0 && <li>{left > 0 ? t('offboard.effect.handoverOpen', { n: given, count: left }) : t('offboard.effect.handover', { count: given })}</li>}
      </ul>
      {error !== null && (
        <Banner tone="danger" alert>
          {t('offboard.failed', { reason: reasonOf(error) })}
        </Banner>
      )}
      <TextInput
        label={t('offboard.type', { name })}
        required
        autoFocus
        value={typed}
        onChange={onTyped}
        onEnter={onEnter}
        error={wrong ? t('offboard.typeWrong', { name }) : undefined}
      />
    </div>
  );
}
