import { createHashHistory, createRootRoute, createRoute, createRouter, Navigate } from '@tanstack/react-router';
import type { AnyRouter } from '@tanstack/react-router';
import type { Feature } from '../platform/feature';
import { parseParams, writeParams } from '../platform/navigation';
import { screensOf } from './features';
import { Shell } from './shell/shell';

/** Routes of all features, in the hash, because the page is served from a plain folder. */
export function makeRouter(features: readonly Feature[]): AnyRouter {
  const screens = [...screensOf(features, 'modules'), ...screensOf(features, 'foot')];
  const home = screens[0]?.path ?? '/';
  const root = createRootRoute({ component: Shell, notFoundComponent: () => <Navigate to={home} replace /> });
  const routes = screens.map(({ path, component }) => createRoute({ getParentRoute: () => root, path, component }));
  return createRouter({
    routeTree: root.addChildren(routes),
    history: createHashHistory(),
    parseSearch: parseParams,
    stringifySearch: writeParams,
    defaultNotFoundComponent: () => <Navigate to={home} replace />,
  }) as AnyRouter;
}
