import { createTheme, type MantineColorsTuple } from "@mantine/core";

const brand: MantineColorsTuple = [
  "#eaf1fe", "#d5e3fd", "#aac6fa", "#7da7f7", "#578cf2", "#3a76ea", "#1f5fd6", "#184db0", "#143f8f", "#0f2f6b",
];
const dark: MantineColorsTuple = [
  "#e6eaf1", "#b9c3d2", "#98a4b6", "#5f6b7e", "#364152", "#28313f", "#1c2430", "#151b25", "#10151d", "#0b0f15",
];

// The page itself never scrolls, so dialogs need not lock it (the lock would add a style element
// that the page's policy refuses).
const quick = { transitionProps: { duration: 90 } };

export const theme = createTheme({
  primaryColor: "brand",
  primaryShade: { light: 6, dark: 6 },
  colors: { brand, dark },
  fontFamily: '"Inter", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
  defaultRadius: 8,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "18px" },
  headings: { fontWeight: "650" },
  // Plain objects, not Component.extend(): naming a component here would load it for everybody.
  components: {
    Button: { defaultProps: { size: "sm" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: 32 } },
    Tooltip: {
      defaultProps: { openDelay: 350, withArrow: false, offset: 6, ...quick },
    },
    // Its placeholder is a focusable element that is no menu item: against ARIA.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false, shadow: "md", ...quick } },
    Popover: { defaultProps: { shadow: "md", ...quick } },
    Modal: { defaultProps: { lockScroll: false, centered: false, yOffset: "9vh", radius: 12, ...quick } },
    Drawer: { defaultProps: { lockScroll: false, position: "right", ...quick } },
    TextInput: { defaultProps: { size: "sm" } },
    Textarea: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "sm", comboboxProps: { shadow: "md", ...quick } } },
  },
});
