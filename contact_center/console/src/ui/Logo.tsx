export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="9" fill="#2f6fe4" />
      <path
        d="M9 11a3 3 0 0 1 3-3h8a3 3 0 0 1 3 3v5a3 3 0 0 1-3 3h-3.800l-4.200 4v-4A3 3 0 0 1 9 16Z"
        fill="#fff"
      />
      <circle cx="12.800" cy="13.500" r="1.350" fill="#1f5fd6" />
      <circle cx="16.200" cy="13.500" r="1.350" fill="#1f5fd6" />
      <circle cx="19.600" cy="13.500" r="1.350" fill="#1f5fd6" />
    </svg>
  );
}
