import { TextInput as MantineTextInput } from '@mantine/core';
import type { HTMLInputAutoCompleteAttribute, ReactNode, Ref } from 'react';
import classes from './input.module.css';

export interface FieldProps {
  /** Above the field, or only for screen readers with `hideLabel`. */
  label: string;
  hideLabel?: boolean;
  /** Below the field; an error replaces it. */
  help?: string | undefined;
  error?: string | undefined;
  required?: boolean;
}

interface TextInputProps extends FieldProps {
  value: string;
  /** Also called while an input method is composing: keep the value as it is, and check it later. */
  onChange: (value: string) => void;
  onBlur?: () => void;
  onEnter?: () => void;
  placeholder?: string;
  /** A "date" is YYYY-MM-DD, "" while it is not whole; where there is no picker for it, it is typed like that. */
  type?: 'text' | 'email' | 'tel' | 'date';
  autoComplete?: HTMLInputAutoCompleteAttribute;
  autoFocus?: boolean;
  spellCheck?: boolean;
  readOnly?: boolean;
  icon?: ReactNode;
  rightSection?: ReactNode;
  name?: string;
  ref?: Ref<HTMLInputElement>;
}

/** A one-line field, 34 px. */
export function TextInput({ label, hideLabel = false, help, error, required = false, onChange, onEnter, icon, autoComplete = 'off', spellCheck = false, autoFocus = false, ...rest }: TextInputProps) {
  return (
    <MantineTextInput
      {...rest}
      {...fieldProps({ label, hideLabel, help, error, required })}
      {...focusProps(autoFocus)}
      autoComplete={autoComplete}
      spellCheck={spellCheck}
      leftSection={icon}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        // The IME guard has already taken the Enter that confirms a composition.
        if (event.key === 'Enter') onEnter?.();
      }}
    />
  );
}

/** Focus on opening, also in a dialog, whose focus trap would otherwise take its closing button. */
export function focusProps(autoFocus: boolean): { autoFocus?: true; 'data-autofocus'?: true } {
  return autoFocus ? { autoFocus, 'data-autofocus': true } : {};
}

/** What all fields hand to the component library. */
export function fieldProps({ label, hideLabel, help, error, required }: FieldProps) {
  return {
    ...(hideLabel ? { 'aria-label': label } : { label }),
    description: error ? undefined : help,
    error: error ?? false,
    // Not the attribute: the browser's own bubbles speak another language and come too early.
    withAsterisk: required ?? false,
    'aria-required': required ?? false,
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[],
    size: 'sm' as const,
    classNames: { input: classes.input ?? '' },
  };
}
