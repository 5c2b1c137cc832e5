import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import type { AnyRouter } from '@tanstack/react-router';
import type { QueryClient } from '@tanstack/react-query';
import { SettingsSections } from '../platform/settings-sections';
import { features } from './features';
import { Gate } from './gate';

const sections = features.flatMap(({ settings = [] }) => settings).sort((a, b) => a.order - b.order);

interface AppProps {
  client: QueryClient;
  router: AnyRouter;
}

export function App({ client, router }: AppProps) {
  return (
    <QueryClientProvider client={client}>
      <Gate>
        <SettingsSections value={sections}>
          <RouterProvider router={router} />
        </SettingsSections>
      </Gate>
    </QueryClientProvider>
  );
}
