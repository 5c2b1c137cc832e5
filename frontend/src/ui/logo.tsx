/** The mark: two strokes of one boat. */
export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 22 22" aria-hidden>
      <rect width="22" height="22" rx="6.5" fill="var(--brand)" />
      <path
        d="M6.2 13.9c1.9-5.6 3.9-7.6 5-7.6.9 0 .7 1.5-.3 3.2-1 1.8-.9 3.1.1 3.1 1.2 0 2.9-1.7 4.6-4.6"
        stroke="#fff"
        strokeWidth="1.9"
        fill="none"
        strokeLinecap="round"
      />
      <circle cx="15.4" cy="15" r="1.35" fill="#fff" />
    </svg>
  );
}
