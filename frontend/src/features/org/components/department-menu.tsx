import { useTranslation } from 'react-i18next';
import { IconArrowRight, IconEdit, IconGitMerge, IconPlus, IconTrash } from '../../../ui/icons';
import type { MenuItem } from '../../../ui/menu';
import { EVERYBODY } from '../model';
import type { Department } from '../model';
import type { DepartmentTask } from './department-dialog';

/** What owner and admins can do with a department, or with the team when it is null. */
export function useDepartmentActions(onTask: (task: DepartmentTask) => void): (department: Department | null) => MenuItem[][] {
  const { t } = useTranslation('org');
  const icon = { size: 16, stroke: 1.7 };
  return (department) => [
    [
      {
        key: 'create',
        label: department ? t('tree.createBelow') : t('tree.create'),
        icon: <IconPlus {...icon} />,
        onClick: () => onTask({ kind: 'create', parentId: department?.id ?? EVERYBODY }),
      },
    ],
    department
      ? [
          { key: 'rename', label: t('tree.rename'), icon: <IconEdit {...icon} />, onClick: () => onTask({ kind: 'rename', department }) },
          { key: 'move', label: t('tree.move'), icon: <IconArrowRight {...icon} />, onClick: () => onTask({ kind: 'move', department }) },
          { key: 'merge', label: t('tree.merge'), icon: <IconGitMerge {...icon} />, onClick: () => onTask({ kind: 'merge', department }) },
        ]
      : [{ key: 'team', label: t('tree.renameTeam'), icon: <IconEdit {...icon} />, onClick: () => onTask({ kind: 'team' }) }],
    department ? [{ key: 'remove', label: t('tree.remove'), icon: <IconTrash {...icon} />, danger: true, onClick: () => onTask({ kind: 'remove', department }) }] : [],
  ];
}
