/** The look: one calm accent, dense controls, the system's own fonts. Colours are named here and nowhere else. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const step: MantineColorsTuple = [
  "#e9f7f6", "#d5ecea", "#abd9d5", "#7dc4bf", "#55b1aa", "#3aa49c", "#1f8f88", "#147a75", "#0d6663", "#064f4e",
];
const dark: MantineColorsTuple = [
  "#d3d9de", "#aeb7be", "#8f9aa3", "#66717b", "#3d4751", "#323b44", "#28303a", "#1c232b", "#161c23", "#10151b",
];
const slate: MantineColorsTuple = [
  "#f6f8f9", "#edf0f2", "#dfe4e8", "#cbd3d9", "#a9b4bd", "#82909b", "#64727e", "#4b5863", "#35404a", "#222b33",
];

export const theme = createTheme({
  primaryColor: "step",
  primaryShade: { light: 7, dark: 6 },
  colors: { step, dark, gray: slate },
  autoContrast: true,
  defaultRadius: "md",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  headings: { fontWeight: "650", sizes: { h1: { fontSize: "1.375rem", lineHeight: "1.3" }, h2: { fontSize: "1.0625rem" }, h3: { fontSize: "0.9375rem" } } },
  fontSizes: { xs: "0.75rem", sm: "0.8438rem", md: "0.9375rem", lg: "1.0625rem", xl: "1.25rem" },
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "sm", allowDeselect: false, checkIconPosition: "right" } },
    Text: { defaultProps: { size: "sm" } },
    Table: { defaultProps: { verticalSpacing: 8, horizontalSpacing: "md" } },
    Badge: { defaultProps: { variant: "light", radius: "sm", tt: "none", fw: 550, size: "md" } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, events: { hover: true, focus: true, touch: true } } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.4, blur: 2 } } },
    Anchor: { defaultProps: { underline: "hover", inherit: true } },
  },
});

/** On dark sheets the accent's tint is made of light, not of the accent's darkest shades. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {},
  dark: {
    "--mantine-color-step-light": "rgba(58, 164, 156, 0.17)",
    "--mantine-color-step-light-hover": "rgba(58, 164, 156, 0.24)",
    "--mantine-color-step-light-color": "var(--mantine-color-step-3)",
  },
});
