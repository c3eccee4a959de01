/** The bar on top of every page: where one is, the chosen market, the connection, who is signed in, and how the page looks. */
import { Menu, type MenuItem } from "../design/menu.tsx";
import { MarketHeading } from "../market/figures.tsx";
import { isReplaying } from "../session/replays.ts";
import { offer } from "../session/session.ts";
import { Beside } from "./after-chart.tsx";
import { showKeys } from "./key-sheet.tsx";
import { useKey } from "./keys.ts";
import { LinkBadge } from "./link-badge.tsx";
import { type Colors, colors, nextTheme, type Theme, theme } from "./preferences.ts";
import { currentPage, followLink, goTo, type PagePath, pages } from "./route.ts";
import { viewport } from "./viewport.ts";

/** See the head of the file. */
export function TopBar() {
  useKey("theme", nextTheme);
  const isPhone = viewport.value === "phone";
  return (
    <header class={isReplaying.value ? "top-bar is-replay" : "top-bar"}>
      {isPhone ? <PageMenu /> : <PageLinks />}
      {currentPage.value === "/" ? <MarketHeading /> : <span class="grows" />}
      <span class="top-state">
        <LinkBadge />
        {offer.value?.isDemo === true && !isPhone ? <span class="tag">demo</span> : null}
        <Beside part="AccountButton" />
        <LookMenu />
        {isPhone ? null : (
          <button type="button" class="quiet" aria-label="Keys" title="Keys (?)" onClick={showKeys}>
            ?
          </button>
        )}
      </span>
    </header>
  );
}

const paths = Object.keys(pages) as PagePath[];

function PageLinks() {
  return (
    <nav aria-label="Pages" class="page-links">
      {paths.map((path) => (
        <a
          key={path}
          href={path}
          aria-current={path === currentPage.value ? "page" : undefined}
          onClick={(event) => followLink(event, path)}
        >
          {pages[path]}
        </a>
      ))}
    </nav>
  );
}

function PageMenu() {
  const items = paths.map((path) => ({
    id: path,
    title: pages[path],
    isChecked: path === currentPage.value,
    choose: () => goTo(path),
  }));
  return (
    <nav aria-label="Pages">
      <Menu label={`Pages: ${pages[currentPage.value]}`} button="☰" items={items} />
    </nav>
  );
}

const themeNames: Readonly<Record<Theme, string>> = {
  system: "Theme of the device",
  light: "Light",
  dark: "Dark",
};
const colorNames: Readonly<Record<Colors, string>> = {
  "teal-orange": "Up teal, down orange",
  "green-red": "Up green, down red",
  "red-green": "Up red, down green",
};

function LookMenu() {
  const themes: readonly MenuItem[] = Object.entries(themeNames).map(([id, title]) => ({
    id,
    title,
    isChecked: id === theme.value,
    choose: () => {
      theme.value = id as Theme;
    },
  }));
  const sets: readonly MenuItem[] = Object.entries(colorNames).map(([id, title]) => ({
    id,
    title,
    isChecked: id === colors.value,
    choose: () => {
      colors.value = id as Colors;
    },
  }));
  return <Menu label="Theme and colours" button="◐" align="end" items={[...themes, ...sets]} />;
}
