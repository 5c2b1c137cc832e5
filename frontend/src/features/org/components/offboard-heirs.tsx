import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Select } from '../../../ui/select';
import type { OffboardPlan } from '../cases';
import { everybodyQuery } from '../queries';
import classes from './offboard.module.css';

interface OffboardHeirsProps {
  plan: OffboardPlan;
  /** Item → user, "" for nobody. */
  heirs: Record<string, string>;
  onHeirs: (heirs: Record<string, string>) => void;
  /** Above them, in other words than for somebody else. */
  help?: string;
}

type Lookup = (keys: string[], params: object) => string;

/** Who takes over what. Left open, it stays on the list of what remains to be done. */
export function OffboardHeirs({ plan, heirs, onHeirs, help }: OffboardHeirsProps) {
  const { t } = useTranslation('org');
  const lookup = t as unknown as Lookup;
  const everybody = useQuery(everybodyQuery).data ?? [];
  const people = everybody.filter(({ userId }) => userId !== plan.member.userId).map(({ userId, name }) => ({ value: userId, label: name }));
  if (plan.items.length === 0) return <p className={classes.empty}>{t('offboard.nothing', { name: plan.member.name })}</p>;
  return (
    <div className={classes.body}>
      <p>{help ?? t('offboard.heirsHelp', { name: plan.member.name })}</p>
      <Select
        label={t('offboard.allTo')}
        placeholder={t('offboard.choose')}
        value={null}
        options={people}
        onChange={(userId) => onHeirs(Object.fromEntries(plan.items.map(({ id }) => [id, userId])))}
      />
      <ul className={classes.items} aria-label={t('offboard.items')}>
        {plan.items.map(({ id, kind, title }) => (
          <li key={id} className={classes.item}>
            <span className={classes.words}>
              <b className={classes.itemTitle}>{title}</b>
              <span className={classes.help}>{lookup([`offboard.kind.${kind}`, 'plain'], { text: kind })}</span>
            </span>
            <Select
              label={t('offboard.heirOf', { title })}
              hideLabel
              width={168}
              value={heirs[id] ?? ''}
              options={[{ value: '', label: t('offboard.later') }, ...people]}
              onChange={(userId) => onHeirs({ ...heirs, [id]: userId })}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}
