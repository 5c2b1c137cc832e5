import { useTranslation } from 'react-i18next';
import type { Check } from './api';

interface CheckText {
  name: string;
  text: string;
  /** What to do; "" when nothing has to be done. */
  remedy: string;
}

type Lookup = (keys: string[], params: Record<string, string>) => string;

/** A finding of the doctor in words. Names and codes come from the backend, so the keys cannot be typed. */
export function useCheckText(): (check: Check) => CheckText {
  const { t, i18n } = useTranslation('settings');
  const lookup = t as unknown as Lookup;
  return ({ name, code, params }) => {
    const remedy = `doctor.remedy.${code}`;
    return {
      name: lookup([`doctor.name.${name}`, 'about.unknown'], { code: name }),
      text: lookup([`doctor.text.${code}`, 'about.unknown'], { ...params, code }),
      remedy: i18n.exists(`settings:${remedy}`) ? lookup([remedy], params) : '',
    };
  };
}
