// The page that screens.mjs looks at: built once, with the backend in memory, and served from a folder that goes away again.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Builds and serves the page. Bundled, because every screen is a page of its own and would ask a development server for
 * hundreds of modules; for development, because only that has the backend in memory, and React's warnings.
 * @returns {Promise<{ address: string, close: () => Promise<void> }>}
 */
export async function serveSite() {
  process.env.NODE_ENV = 'development' // Vite and React read it as they are loaded
  const { build, preview } = await import('vite')
  const root = fileURLToPath(new URL('..', import.meta.url))
  const outDir = await mkdtemp(join(tmpdir(), 'tongzhou-screens-'))
  const remove = () => rm(outDir, { recursive: true, force: true })
  try {
    const shared = { root, mode: 'development', logLevel: /** @type {const} */ ('error') }
    await build({ ...shared, build: { outDir, emptyOutDir: true, reportCompressedSize: false } })
    const server = await preview({ ...shared, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } })
    const address = server.resolvedUrls?.local[0]
    if (!address) throw new Error('the page is not served')
    return {
      address,
      close: async () => {
        await server.close()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
