/** Small line drawings, all of one hand: 24 units wide, drawn in the colour of the text around them. */
const STROKES = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  integration: "M4 8h13M14 4.5 17.5 8 14 11.5M20 16H7m3-3.5L6.5 16l3.5 3.5",
  connection: "M9 7V3m6 4V3M6 7h12v4a6 6 0 0 1-12 0zm6 10v4",
  run: "M12 21a9 9 0 1 0-9-9m0-5v5h5M12 7.5V12l3 2",
  item: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  hold: "M12 8.5v4.5m0 3h.01M10.3 4 2.8 17a2 2 0 0 0 1.7 3h15a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0z",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zm-6.500 9v-1a5 5 0 0 1 5-5h3a5 5 0 0 1 5 5v1M16 4.300a3.500 3.500 0 0 1 0 6.400M18.500 14.300a5 5 0 0 1 3 4.700v1",
  key: "M14.500 10.500 20 5m-2 2 2.500 2.500M16 9l2 2M10 20a5 5 0 1 0 0-10 5 5 0 0 0 0 10z",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c5 5 5 13 0 18-5-5-5-13 0-18z",
  audit: "M8 4h11v16H5V7zm0 0v3H5M9 11h6M9 15h6",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.400 1.400M17.600 17.600 19 19M5 19l1.400-1.400M17.600 6.400 19 5",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  screen: "M4 5h16v11H4zM9 20h6m-3-4v4",
  check: "m5 12.500 4.500 4.500L19 7.500",
  cross: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  play: "M7 5v14l11-7z",
  pause: "M8 5v14M16 5v14",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6z",
  pencil: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  trash: "M4 7h16M9 7V4h6v3m3 0-1 13H7L6 7m4 4v5m4-5v5",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2 5 5",
  external: "M14 4h6v6m0-6-9 9M18 14v6H4V6h6",
  both: "M3 12h18M7 8l-4 4 4 4M17 8l4 4-4 4",
  right: "M4 12h16M15 7l5 5-5 5",
  left: "M20 12H4M9 7l-5 5 5 5",
  back: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  down: "m6 9 6 6 6-6",
  file: "M14 3H6v18h12V7zm0 0v4h4",
  comment: "M4 5h16v11h-9l-4 4v-4H4z",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7.500 9a7.500 7.500 0 0 1 15 0",
  exit: "M14 4H5v16h9M10 12h11m-4-4 4 4-4 4",
  menu: "M4 7h16M4 12h16M4 17h16",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
} as const;

export type IconName = keyof typeof STROKES;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
      focusable={false}
    >
      <path d={STROKES[name]} />
    </svg>
  );
}
