import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { Drawer } from '../../../ui/drawer';
import { FieldList } from '../../../ui/field-list';
import { IconAlertCircle } from '../../../ui/icons';
import { useToast } from '../../../ui/toast';
import { problemOf, sameValue } from '../model';
import type { Rule, RuleValue } from '../model';
import { useResetRule, useSetRule } from '../queries';
import { useRuleText } from '../use-rule-text';
import classes from './rule-drawer.module.css';
import { RuleHistory } from './rule-history';
import { ValueField } from './value-field';

/** One rule: its value, what it is for, and what became of it so far. */
export function RuleDrawer({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const { t, i18n } = useTranslation('rules');
  const text = useRuleText();
  const { key, level, serves, unit, min, max, kind, who, at, by, acts } = rule;
  const changed = Date.parse(at);
  const fields = [
    { label: t('drawer.default'), value: text.value(rule, rule.default) },
    ...(kind === 'int' ? [{ label: t('drawer.range'), value: `${String(rule.least || min)} – ${String(max)}` }] : []),
    { label: t('drawer.level'), value: t(`levelHelp.${level}`) },
    { label: t('drawer.serves'), value: serves.join(' ') },
    { label: t('drawer.who'), value: t(`who.${who}`) },
    ...(Number.isNaN(changed) ? [] : [{ label: t('drawer.last'), value: t('drawer.lastBy', { name: by, time: timeText(i18n.language).date(changed) }) }]),
  ];
  return (
    <Drawer title={t('drawer.title')} onClose={onClose}>
      <h3 className={classes.name}>{text.name(key)}</h3>
      {!acts && (
        <div className={classes.note}>
          <Banner>{t('drawer.waiting')}</Banner>
        </div>
      )}
      {rule.canChange ? (
        // Another value from elsewhere starts the form anew.
        <Editor key={`${unit} ${JSON.stringify(rule.value)}`} rule={rule} />
      ) : (
        <div className={classes.fixed}>
          <b className={classes.value}>{text.value(rule, rule.value)}</b>
          <p className={classes.help}>{t(`drawer.denied.${who}`)}</p>
        </div>
      )}
      <FieldList fields={fields} />
      <RuleHistory rule={rule} />
    </Drawer>
  );
}

function Editor({ rule }: { rule: Rule }) {
  const { t } = useTranslation('rules');
  const reasonOf = useFaultText();
  const toast = useToast();
  const [value, setValue] = useState<RuleValue>(rule.value);
  const [checked, setChecked] = useState(false);
  const saved = () => toast(t('saved'));
  const [asking, setAsking] = useState(false);
  const text = useRuleText();
  const set = useSetRule(saved);
  const reset = useResetRule(saved);
  const problem = problemOf(rule, value);
  const failure = set.error ?? reset.error;
  const save = () => {
    setAsking(false);
    set.mutate({ key: rule.key, value });
  };
  const explanation = text.explain(rule.key);
  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(true);
        if (problem !== null || set.isPending || reset.isPending || sameValue(value, rule.value)) return;
        if (rule.final && !sameValue(value, rule.default)) setAsking(true);
        else save();
      }}
    >
      <ValueField rule={rule} value={value} onChange={setValue} error={checked && problem ? t(`problem.${problem}`, { min: rule.min, max: rule.max, least: rule.least }) : undefined} />
      {explanation && <p className={classes.help}>{explanation}</p>}
      {failure && (
        <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
          {t('notSaved', { reason: reasonOf(failure) })}
        </Banner>
      )}
      <p className={classes.help}>{t('drawer.effect')}</p>
      <div className={classes.buttons}>
        {rule.changed && (
          <Button loading={reset.isPending} onClick={() => reset.mutate(rule.key)}>
            {t('drawer.reset')}
          </Button>
        )}
        <Button kind="primary" type="submit" loading={set.isPending} disabledReason={sameValue(value, rule.value) ? t('drawer.same') : ''}>
          {t('drawer.save')}
        </Button>
      </div>
      <Dialog
        opened={asking}
        title={t('confirm.title')}
        onClose={() => setAsking(false)}
        footer={
          <>
            <Button onClick={() => setAsking(false)}>{t('confirm.cancel')}</Button>
            <Button kind="danger" onClick={save}>
              {t('confirm.save')}
            </Button>
          </>
        }
      >
        <p className={classes.asked}>{text.confirm(rule, value)}</p>
      </Dialog>
    </form>
  );
}
