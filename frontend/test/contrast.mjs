// Checks the contrast of every pair of tokens that text or a control uses, in both themes (WCAG 2.2 AA).

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const css = await readFile(fileURLToPath(new URL('../src/ui/tokens.css', import.meta.url)), 'utf8')
const light = tokens(':root')
const themes = { light, dark: { ...light, ...tokens('[data-mantine-color-scheme="dark"]') } }

const text = 4.5
const control = 3
const pairs = [
  ...onEach(['text-1', 'text-2', 'text-3'], ['bg-canvas', 'bg-list', 'bg-rail', 'bg-elevated', 'bg-sunken', 'bg-hover'], text),
  ...onEach(['text-1', 'text-2'], ['bg-pressed', 'bg-selected', 'bubble-in', 'bubble-out'], text),
  ...onEach(['text-3'], ['bg-selected', 'bubble-in'], text),
  ...onEach(['link'], ['bg-canvas', 'bg-elevated', 'brand-bg', 'bubble-in', 'bubble-out'], text),
  ...onEach(['on-brand'], ['brand', 'brand-hover'], text),
  ...onEach(['on-danger'], ['danger-solid'], text),
  ...onEach(['danger-text'], ['bg-canvas', 'bg-list', 'bg-selected', 'danger-bg'], text),
  ...onEach(['warning-text'], ['bg-canvas', 'warning-bg'], text),
  ...onEach(['success-text'], ['bg-canvas', 'success-bg'], text),
  ...onEach(['violet-text'], ['violet-bg'], text),
  ...onEach(['brand', 'border-strong', 'focus'], ['bg-canvas'], control),
  ...onEach(['focus'], ['bg-list', 'bg-rail'], control),
  ...onEach(['presence-on'], ['bg-list'], control),
  ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) => [
    ['on-brand', `av-${n}`, text],
    [`gt-${n}`, `gb-${n}`, text],
  ]),
]

let failures = 0
for (const [theme, colours] of Object.entries(themes)) {
  for (const [front, back, least] of pairs) {
    const ratio = contrast(colour(colours, front), colour(colours, back))
    if (ratio >= least) continue
    failures++
    console.log(`FAIL: ${theme} ${front} on ${back} is ${ratio.toFixed(2)}, must be ${least}`)
  }
}
console.log(`${pairs.length * 2} pairs of colours, ${failures} too faint`)
process.exitCode = failures === 0 ? 0 : 1

function onEach(fronts, backs, least) {
  return fronts.flatMap((front) => backs.map((back) => [front, back, least]))
}

/** The custom properties of a rule. */
function tokens(selector) {
  const from = css.indexOf(selector)
  if (from < 0) throw new Error(`no rule ${selector}`)
  const body = css.slice(css.indexOf('{', from) + 1, css.indexOf('\n}', from))
  return Object.fromEntries([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value.trim()]))
}

function colour(colours, name) {
  const value = colours[name]
  if (!/^#[0-9a-f]{6}$/.test(value ?? '')) throw new Error(`--${name} is not a colour of six digits: ${value}`)
  return [1, 3, 5].map((at) => parseInt(value.slice(at, at + 2), 16) / 255)
}

function contrast(front, back) {
  const [bright, dark] = [luminance(front), luminance(back)].sort((a, b) => b - a)
  return (bright + 0.05) / (dark + 0.05)
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
