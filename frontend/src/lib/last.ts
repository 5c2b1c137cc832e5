/** The last element. (The oldest WebView the app runs in has no Array.at.) */
export function last<T>(list: readonly T[]): T | undefined {
  return list[list.length - 1];
}
