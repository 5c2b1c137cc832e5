// What must hold on every screen.

import axe from 'axe-core'

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/**
 * What is wrong with a page that has come to rest.
 * @param {import('playwright-core').Page} page
 * @param {{ dotted?: boolean }} screen
 * @returns {Promise<string[]>}
 */
export async function findings(page, screen) {
  await page.evaluate(axe.source)
  const violations = await page.evaluate(
    async (tags) => (await globalThis.axe.run(document, { runOnly: tags, resultTypes: ['violations'] })).violations,
    rules,
  )
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} · ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`),
  )
  const keys = await page.evaluate(() => document.body.innerText.match(/(?<!@)\b[a-z]+(?:\.[a-z][A-Za-z]+){1,3}\b(?!\.com)/g) ?? [])
  if (screen.dotted !== true) found.push(...keys.map((key) => `a text is missing: ${key}`))
  return [...found, ...(await page.evaluate(outOfReach))]
}

/**
 * Controls of which a part cannot be brought into sight by scrolling down: it is cut off, lies under the pane beside its own, or
 * wants scrolling sideways. Runs in the page.
 */
function outOfReach() {
  const slack = 1 // px, of rounding
  const bleed = 16 // px by which rows that light up may stand out, so that their text is in line with what is above
  const controls = document.querySelectorAll('button, a[href], input, textarea, select, [role=option], [role=menuitem], [role=tab]')
  return [...controls].filter(isDrawn).flatMap((control) => {
    const edge = cutBy(control)
    return edge ? [`out of reach: ${control.outerHTML.slice(0, 160)} · cut off by ${edge.outerHTML.slice(0, 80)}`] : []
  })

  /** What is one pixel large is there for screen readers. */
  function isDrawn(control) {
    const { width, height } = control.getBoundingClientRect()
    return width > 1 && height > 1 && control.checkVisibility({ visibilityProperty: true })
  }

  /** The element beyond whose edge the control reaches, if there is one. */
  function cutBy(control) {
    const box = control.getBoundingClientRect()
    let [scrolls, floats] = [false, isFloating(control)]
    for (let around = control.parentElement; around; around = around.parentElement) {
      const isPage = around === document.documentElement
      const { overflowX, overflowY } = getComputedStyle(around)
      const edge = isPage ? { left: 0, top: 0, right: innerWidth, bottom: innerHeight } : around.getBoundingClientRect()
      scrolls ||= overflowY === 'auto' || overflowY === 'scroll'
      const isPane = !floats && around.matches('main, aside, nav, section, header, footer')
      const room = isPage || overflowX !== 'visible' ? slack : isPane ? bleed : Infinity
      const sideways = box.left < edge.left - room || box.right > edge.right + room
      const down = !scrolls && (isPage || overflowY !== 'visible') && (box.top < edge.top - slack || box.bottom > edge.bottom + slack)
      if (sideways || down) return around
      floats ||= isFloating(around)
    }
    return undefined
  }

  /** What is placed freely may reach beyond what it belongs to. */
  function isFloating(element) {
    return ['absolute', 'fixed'].includes(getComputedStyle(element).position)
  }
}
