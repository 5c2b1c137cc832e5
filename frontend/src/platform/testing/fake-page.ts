/** Installs a backend in the page's memory. */
export function installFake(): void {
  window.go = {};
}
