// What the administration's forms need of Mantine beyond the first page.
import "@mantine/core/styles/Combobox.css";
import "@mantine/core/styles/Switch.css";
import "@mantine/core/styles/SegmentedControl.css";
import "@mantine/core/styles/FloatingIndicator.css";
