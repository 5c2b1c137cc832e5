import { Textarea as MantineTextarea } from '@mantine/core';
import type { Ref } from 'react';
import { fieldProps, focusProps } from './text-input';
import type { FieldProps } from './text-input';

interface TextareaProps extends FieldProps {
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  placeholder?: string;
  autoFocus?: boolean;
  readOnly?: boolean;
  minRows?: number;
  maxRows?: number;
  ref?: Ref<HTMLTextAreaElement>;
}

/** Grows with its text from `minRows` to `maxRows`. */
export function Textarea({ label, hideLabel = false, help, error, required = false, onChange, minRows = 3, maxRows = 12, autoFocus = false, ...rest }: TextareaProps) {
  return (
    <MantineTextarea
      {...rest}
      {...fieldProps({ label, hideLabel, help, error, required })}
      {...focusProps(autoFocus)}
      autosize
      minRows={minRows}
      maxRows={maxRows}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}
