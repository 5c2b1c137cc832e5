import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Checkbox } from '../../../ui/checkbox';
import { Segmented } from '../../../ui/segmented';
import { Select } from '../../../ui/select';
import { Textarea } from '../../../ui/textarea';
import { TextInput } from '../../../ui/text-input';
import { entriesOf } from '../model';
import type { Rule, RuleValue } from '../model';
import { useRuleText } from '../use-rule-text';
import classes from './rule-drawer.module.css';

interface ValueFieldProps {
  rule: Rule;
  value: RuleValue;
  onChange: (value: RuleValue) => void;
  error: string | undefined;
}

/** The field for a rule's kind. */
export function ValueField(props: ValueFieldProps) {
  const { rule, value, onChange, error } = props;
  const { t } = useTranslation('rules');
  const text = useRuleText();
  const label = t('drawer.value');
  switch (rule.kind) {
    case 'bool':
      return (
        <Segmented
          label={label}
          value={value === true ? 'on' : 'off'}
          options={[
            { value: 'on', label: t('value.on') },
            { value: 'off', label: t('value.off') },
          ]}
          onChange={(next) => onChange(next === 'on')}
        />
      );
    case 'int':
      return rule.options.length > 0 ? <NamedNumberField {...props} /> : <NumberField {...props} />;
    case 'enum':
      return <Select label={label} value={String(value)} options={rule.options.map((one) => ({ value: one, label: text.option(one) }))} onChange={onChange} error={error} />;
    case 'text':
      return <TextInput label={label} value={String(value)} onChange={onChange} error={error} help={rule.unit === 'clock' ? t('drawer.clockHelp') : undefined} />;
    case 'list':
      return rule.options.length > 0 ? <Choices {...props} /> : <Entries {...props} />;
  }
}

/** Keeps what is typed: an empty field or a lone minus is no number yet. */
function NumberField({ rule, value, onChange, error }: ValueFieldProps) {
  const { t } = useTranslation('rules');
  const [typed, setTyped] = useState(String(value));
  const unit = rule.unit === '' ? '' : t(`unitNames.${rule.unit}`);
  return (
    <TextInput
      label={unit ? t('drawer.valueIn', { unit }) : t('drawer.value')}
      value={typed}
      onChange={(next) => {
        setTyped(next);
        onChange(/^\d{1,9}$/.test(next.trim()) ? Number(next.trim()) : NaN);
      }}
      error={error}
      help={rule.least > 0 ? t('drawer.leastHelp', { least: rule.least, max: rule.max }) : rule.min === 0 && rule.level === 'D' ? t('drawer.zeroHelp', { min: rule.min, max: rule.max }) : t('drawer.rangeHelp', { min: rule.min, max: rule.max })}
    />
  );
}

const OTHER = 'other';

/** Some values have names; any other can be typed. */
function NamedNumberField(props: ValueFieldProps) {
  const { rule, value, onChange } = props;
  const { t } = useTranslation('rules');
  const text = useRuleText();
  const [typing, setTyping] = useState(!rule.options.includes(String(value)));
  return (
    <>
      <Select
        label={t('drawer.value')}
        value={typing ? OTHER : String(value)}
        options={[...rule.options.map((one) => ({ value: one, label: text.value(rule, Number(one)) })), { value: OTHER, label: t('value.other') }]}
        onChange={(next) => {
          setTyping(next === OTHER);
          if (next !== OTHER) onChange(Number(next));
        }}
      />
      {typing && <NumberField {...props} />}
    </>
  );
}

function Choices({ rule, value, onChange, error }: ValueFieldProps) {
  const { t } = useTranslation('rules');
  const text = useRuleText();
  const chosen = Array.isArray(value) ? value : [];
  return (
    <fieldset>
      <legend className={classes.legend}>{t('drawer.value')}</legend>
      <div className={classes.checks}>
        {rule.options.map((one) => (
          <Checkbox
            key={one}
            label={text.option(one)}
            checked={chosen.includes(one)}
            // In the order of the choices, whatever order they were ticked in.
            onChange={(on) => onChange(rule.options.filter((other) => (other === one ? on : chosen.includes(other))))}
          />
        ))}
      </div>
      {error && (
        <p className={classes.error} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}

function Entries({ value, onChange, error }: ValueFieldProps) {
  const { t } = useTranslation('rules');
  const [typed, setTyped] = useState(Array.isArray(value) ? value.join('\n') : '');
  return (
    <Textarea
      label={t('drawer.value')}
      help={t('drawer.entriesHelp')}
      minRows={3}
      maxRows={8}
      value={typed}
      error={error}
      onChange={(next) => {
        setTyped(next);
        onChange(entriesOf(next));
      }}
    />
  );
}
