import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParam, useSetParams } from '../../../platform/navigation';
import { Panes } from '../../../ui/panes';
import { EVERYBODY } from '../model';
import { departmentsQuery } from '../queries';
import { DepartmentDialog } from './department-dialog';
import type { DepartmentTask } from './department-dialog';
import { DepartmentsPane } from './departments-pane';
import { DepartmentDrawer } from './department-drawer';
import { DutiesPane } from './duties-pane';
import { HandoverPane } from './handover-pane';
import { MembersPane } from './members-pane';
import { OffboardDialog } from './offboard-dialog';
import { PermissionsPane } from './permissions-pane';
import { ProfileDrawer } from './profile-drawer';
import { RequestDrawer } from './request-drawer';
import { RequestsPane } from './requests-pane';
import { VIEWS } from './view-nav';
import type { OrgView } from './view-nav';

/**
 * 通讯录. In the address: `view` for what the middle shows, `department`, `q` for the search; in the drawer `person`,
 * `about` (a department) or `request`; `offboard` is the person whose leaving is arranged.
 */
export function OrgScreen() {
  const set = useSetParams();
  const asked = useParam('department');
  const departments = useQuery(departmentsQuery).data;
  // A department that is gone, or that has not arrived, shows everybody.
  const departmentId = departments && !departments.some(({ id }) => id === asked) ? EVERYBODY : asked;
  const wanted = useParam('view');
  const view = VIEWS.find((one) => one === wanted) ?? '';
  const person = useParam('person');
  const offboard = useParam('offboard');
  const [task, setTask] = useState<DepartmentTask | null>(null);
  const about = useParam('about');
  const request = useParam('request');
  const drawer = person ? (
    <ProfileDrawer key={person} userId={person} onClose={() => set({ person: '' })} />
  ) : about ? (
    <DepartmentDrawer key={about} id={about} onPerson={(id) => set({ person: id, about: '' })} onClose={() => set({ about: '' })} />
  ) : request ? (
    <RequestDrawer key={request} id={request} onClose={() => set({ request: '' })} />
  ) : null;
  const openPerson = (userId: string) => set({ person: userId, about: '', request: '' }, { replace: person !== '' });
  return (
    <>
      <Panes
        id="org"
        mainKey={`${view} ${departmentId}`}
        list={
          <DepartmentsPane
            selected={departmentId}
            onSelect={(id) => set({ department: id, q: '', view: '', about: '', request: '' })}
            onTask={setTask}
            view={view}
            onView={(next) => set({ view: next, q: '', person: '', about: '', request: '' })}
          />
        }
        drawer={drawer}
      >
        {view === '' && <MembersPane departmentId={departmentId} person={person} onPerson={openPerson} onTask={setTask} />}
        {view !== '' && <View view={view} onPerson={openPerson} />}
      </Panes>
      {task && <DepartmentDialog task={task} onClose={() => setTask(null)} />}
      {offboard && <OffboardDialog key={offboard} userId={offboard} onClose={() => set({ offboard: '' }, { replace: true })} />}
    </>
  );
}

function View({ view, onPerson }: { view: Exclude<OrgView, ''>; onPerson: (userId: string) => void }) {
  const set = useSetParams();
  switch (view) {
    case 'duties':
      return <DutiesPane onPerson={onPerson} onDepartment={(id) => set({ about: id, person: '', request: '' })} />;
    case 'requests':
      return <RequestsPane onOpen={(id) => set({ request: id, person: '', about: '' })} />;
    case 'handover':
      return <HandoverPane />;
    case 'permissions':
      return <PermissionsPane />;
  }
}
