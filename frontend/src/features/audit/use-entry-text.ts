import { useTranslation } from 'react-i18next';
import type { Entry } from './model';

type Lookup = (key: string | string[], params?: Record<string, string>) => string;

interface EntryText {
  action: (entry: Entry) => string;
  kind: (kind: string) => string;
  reason: (reason: string) => string;
}

/** Entries in words. Actions, kinds and reasons come from the backend, so they cannot be typed; one without words shows itself. */
export function useEntryText(): EntryText {
  const { t } = useTranslation('audit');
  const lookup = t as unknown as Lookup;
  const fill = (params: Record<string, string>) => {
    const filled = { ...params };
    if (filled.role) filled.role = lookup([`roles.${filled.role}`, 'plain'], { text: filled.role });
    if (filled.key) filled.key = lookup([`rules:names.${filled.key}`, 'plain'], { text: filled.key });
    if (filled.value) filled.value = valueText(filled.value);
    return filled;
  };
  const valueText = (json: string) => {
    if (json === 'true' || json === 'false') return t(json === 'true' ? 'value.on' : 'value.off');
    return json.replace(/[[\]"]/g, '').replaceAll(',', t('value.comma'));
  };
  return {
    action: ({ action, params }) => {
      const filled = fill(params);
      // A department that is none has no name; then there is a sentence without it.
      const variant = filled.dept === '' ? [`actions.${action}_none`] : [];
      return lookup([...variant, `actions.${action}`, 'plain'], { ...filled, text: action });
    },
    kind: (kind) => lookup([`kinds.${kind}`, 'plain'], { text: kind }),
    reason: (reason) => lookup([`reasons.${reason}`, 'plain'], { text: reason }),
  };
}
