import "./styles/mantine";
import "./styles/global.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { firstLocale, loadCatalogue } from "./i18n";

const locale = firstLocale();
const catalogue = await loadCatalogue(locale);
const root = document.getElementById("root");
if (root) createRoot(root).render(<App first={{ locale, catalogue }} />);
