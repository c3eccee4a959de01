/**
 * The entry of the page, read before all the rest of it: it asks the server for what is seen first, while what draws that is
 * still on its way.
 */
import { usePreferences } from "./app/preferences.ts";
import { connectionBegun, startSession } from "./session/session.ts";
import "./market/chart/scene.ts";
import "./design/tokens.css";
import "./design/base.css";
import "./design/parts.css";
import "./app/app.css";
import "./market/market.css";
import "./trading/trading.css";

/** For the first connection to be asked for, before what draws the page is run, in milliseconds. */
const waitMsMax = 100;

// Before the first drawing, so that it has the right colours.
usePreferences();
void startSession();
// To run all the rest takes the browser longer than to ask, and while it does nothing else is done.
const most = new Promise<void>((resolve) => setTimeout(resolve, waitMsMax));
void Promise.race([connectionBegun, most])
  .then(() => import("./main.tsx"))
  .catch(sayItCannotBeLoaded);

/** What draws is not there then. A browser does not ask again for a module that has failed, so that the page has to be loaded anew. */
function sayItCannotBeLoaded(): void {
  const text = document.createElement("p");
  text.textContent = "The page could not be loaded: the server did not answer.";
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Try again";
  again.addEventListener("click", () => location.reload());
  const instead = document.createElement("div");
  instead.className = "panel-instead";
  instead.setAttribute("role", "alert");
  instead.append(text, again);
  document.querySelector("#app")?.append(instead);
}
