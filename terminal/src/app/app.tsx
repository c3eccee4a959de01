/** The application: the bar on top, the page that the address names, and what is heard and shown over all pages. */
import { useEffect } from "preact/hooks";
import { ChartPanel } from "../market/chart/chart-panel.tsx";
import { startClock } from "../session/clock.ts";
import { watchConnections } from "../session/connection.ts";
import { watchReplays } from "../session/replays.ts";
import { keepTime } from "../session/timers.ts";
import { Beside, startBesideChart } from "./after-chart.tsx";
import { announcements } from "./announce.ts";
import { KeySheet } from "./key-sheet.tsx";
import { watchKeys } from "./keys.ts";
import { later } from "./later.tsx";
import { MarketGrid } from "./market-grid.tsx";
import { ReplayBanner } from "./replay-banner.tsx";
import { currentPage, type PagePath, pages, watchAddress } from "./route.ts";
import { TopBar } from "./top-bar.tsx";

const ConsolePage = later(
  "Console",
  async () => (await import("../console/index.tsx")).ConsolePage,
);
const DataPage = later("Data", async () => (await import("../data/index.tsx")).DataPage);

startClock();
keepTime();
watchAddress();
watchKeys();
watchConnections();
watchReplays();
startBesideChart();

/** See the head of the file. */
export function App() {
  const path = currentPage.value;
  useEffect(() => {
    document.title = path === "/" ? "openbourse" : `${pages[path]} – openbourse`;
  }, [path]);
  return (
    <>
      <a class="skip-link" href="#main">
        To the content
      </a>
      <TopBar />
      <ReplayBanner />
      <main id="main" tabIndex={-1}>
        <CurrentPage path={path} />
      </main>
      <KeySheet />
      <Announcer />
    </>
  );
}

function CurrentPage({ path }: { readonly path: PagePath }) {
  if (path === "/data") return <DataPage />;
  if (path === "/console") return <ConsolePage />;
  return (
    <MarketGrid
      watch={() => <Beside part="WatchList" title="Markets" />}
      chart={() => <ChartPanel />}
      book={() => <Beside part="Ladder" title="Order book" />}
      trades={() => <Beside part="Trades" title="Trades" />}
      orders={() => <Beside part="TradingPanels" title="Orders" />}
      ticket={() => <Beside part="Ticket" title="Order" />}
    />
  );
}

function Announcer() {
  // Each is an element of its own, so that an equal sentence is heard again.
  return (
    <div class="unseen" aria-live="polite">
      {announcements.value.map(({ text, count }) => (
        <p key={count}>{text}</p>
      ))}
    </div>
  );
}
