import { useTranslation } from 'react-i18next';
import { IconButton } from '../../../ui/icon-button';
import { IconFilter } from '../../../ui/icons';
import { Menu } from '../../../ui/menu';
import type { MenuItem } from '../../../ui/menu';
import type { MemberFilter } from '../queries';

const STANDINGS = ['frozen', 'removed', 'left'] as const;
const KINDS = ['probation', 'external'] as const;
const ROLES = ['admin', 'head', 'guest'] as const;

interface MemberFiltersProps {
  filter: MemberFilter;
  onFilter: (change: Record<string, string>) => void;
}

/** Narrows the table: by standing, kind and role (R7, R28). Choosing what is chosen takes it away. */
export function MemberFilters({ filter, onFilter }: MemberFiltersProps) {
  const { t } = useTranslation('org');
  const active = filter.standing !== '' || filter.kind !== '' || filter.role !== '';
  const item = (field: keyof MemberFilter, value: string, label: string): MenuItem => ({
    key: `${field} ${value}`,
    label,
    checked: filter[field] === value,
    onClick: () => onFilter({ [field]: filter[field] === value ? '' : value }),
  });
  const groups = [
    STANDINGS.map((one) => item('standing', one, t(`standingShort.${one}`))),
    KINDS.map((one) => item('kind', one, t(`kind.${one}`))),
    ROLES.map((one) => item('role', one, t(`role.${one}`))),
  ];
  return (
    <Menu groups={groups} side="bottom-end" width={180}>
      <IconButton label={t('filter.title')} tooltipSide="bottom" active={active} aria-haspopup="menu">
        <IconFilter size={18} stroke={1.7} />
      </IconButton>
    </Menu>
  );
}
