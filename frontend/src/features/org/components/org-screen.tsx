import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParam, useSetParams } from '../../../platform/navigation';
import { Panes } from '../../../ui/panes';
import { EVERYBODY } from '../model';
import { departmentsQuery } from '../queries';
import { DepartmentDialog } from './department-dialog';
import type { DepartmentTask } from './department-dialog';
import { DepartmentsPane } from './departments-pane';
import { MembersPane } from './members-pane';
import { ProfileDrawer } from './profile-drawer';

/** 通讯录. In the address: `department`, `q` for the search, `person` whose profile is open. */
export function OrgScreen() {
  const set = useSetParams();
  const asked = useParam('department');
  const departments = useQuery(departmentsQuery).data;
  // A department that is gone, or that has not arrived, shows everybody.
  const departmentId = departments && !departments.some(({ id }) => id === asked) ? EVERYBODY : asked;
  const person = useParam('person');
  const [task, setTask] = useState<DepartmentTask | null>(null);
  return (
    <>
      <Panes
        id="org"
        mainKey={departmentId}
        list={<DepartmentsPane selected={departmentId} onSelect={(id) => set({ department: id, q: '' })} onTask={setTask} />}
        drawer={person ? <ProfileDrawer key={person} userId={person} onClose={() => set({ person: '' })} /> : null}
      >
        <MembersPane departmentId={departmentId} person={person} onPerson={(userId) => set({ person: userId }, { replace: person !== '' })} onTask={setTask} />
      </Panes>
      {task && <DepartmentDialog task={task} onClose={() => setTask(null)} />}
    </>
  );
}
