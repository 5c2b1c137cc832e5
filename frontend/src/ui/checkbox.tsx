import { Checkbox as MantineCheckbox } from '@mantine/core';
import classes from './checkbox.module.css';

interface CheckboxProps {
  label: string;
  hideLabel?: boolean;
  help?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

export function Checkbox({ label, hideLabel = false, help, checked, onChange, disabled = false }: CheckboxProps) {
  return (
    <MantineCheckbox
      {...(hideLabel ? { 'aria-label': label } : { label })}
      description={help}
      checked={checked}
      disabled={disabled}
      onChange={(event) => {
        onChange(event.currentTarget.checked);
      }}
      size="xs"
      radius={5}
      classNames={{ input: classes.input ?? '', label: classes.label ?? '', description: classes.description ?? '' }}
    />
  );
}
