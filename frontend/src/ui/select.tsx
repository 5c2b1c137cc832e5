import { Select as MantineSelect } from '@mantine/core';
import { fieldProps } from './text-input';
import type { FieldProps } from './text-input';

interface SelectProps<V extends string> extends FieldProps {
  value: V | null;
  options: readonly { value: V; label: string }[];
  onChange: (value: V) => void;
  placeholder?: string;
  width?: number;
}

/** From so many options on, one can search in them. */
const SEARCHABLE = 9;

export function Select<V extends string>({ label, hideLabel = false, help, error, required = false, value, options, onChange, placeholder, width }: SelectProps<V>) {
  return (
    <MantineSelect
      {...fieldProps({ label, hideLabel, help, error, required })}
      value={value}
      data={options.map((option) => ({ ...option }))}
      onChange={(next) => {
        if (next !== null) onChange(next);
      }}
      placeholder={placeholder ?? ''}
      allowDeselect={false}
      searchable={options.length >= SEARCHABLE}
      maxDropdownHeight={280}
      comboboxProps={{ shadow: 'md', transitionProps: { duration: 120 } }}
      {...(width ? { w: width } : {})}
    />
  );
}
