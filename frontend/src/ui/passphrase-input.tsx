import { PasswordInput } from '@mantine/core';
import type { Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldProps, focusProps } from './text-input';
import type { FieldProps } from './text-input';

interface PassphraseInputProps extends FieldProps {
  value: string;
  onChange: (value: string) => void;
  /** For the browser's own keeper of passwords. */
  autoComplete?: 'current-password' | 'new-password';
  autoFocus?: boolean;
  ref?: Ref<HTMLInputElement>;
}

/** A field for a secret; the eye shows what was typed. */
export function PassphraseInput({ label, hideLabel = false, help, error, required = false, onChange, autoComplete = 'current-password', autoFocus = false, ...rest }: PassphraseInputProps) {
  const { t } = useTranslation('ui');
  return (
    <PasswordInput
      {...rest}
      {...fieldProps({ label, hideLabel, help, error, required })}
      {...focusProps(autoFocus)}
      autoComplete={autoComplete}
      spellCheck={false}
      // Reached with the pointer, or not needed: Tab goes on to the next field.
      visibilityToggleButtonProps={{ 'aria-label': t('passphrase.show') }}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}
