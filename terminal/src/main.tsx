/** The entry of the page: shows the application, and nothing else. */
import { render } from "preact";
import { App } from "./app/app.tsx";
import "./design/tokens.css";
import "./design/base.css";
import "./design/parts.css";
import "./app/app.css";

const root = document.querySelector("#app");
if (root !== null) render(<App />, root);
