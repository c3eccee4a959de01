/** Tabs: one of several bodies is shown, and nothing is drawn for the others. Arrows move between them. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** One of the tabs. */
export interface Tab {
  readonly id: string;
  readonly title: string;
  /** Behind the title, such as how many orders are open. */
  readonly count?: number | undefined;
  body(): ComponentChildren;
}

/** What is shown. */
export interface TabsProps {
  /** Said to screen readers. */
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly selected: string;
  onSelect(id: string): void;
  /** Beside the tabs. */
  readonly actions?: ComponentChildren;
}

/** See the head of the file. */
export function Tabs({ label, tabs, selected, onSelect, actions }: TabsProps) {
  const name = useId();
  const shown = tabs.find(({ id }) => id === selected) ?? tabs[0];
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0 || shown === undefined) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(shown) + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    onSelect(next.id);
    document.getElementById(`${name}-${next.id}`)?.focus();
  };
  return (
    <div class="tabs">
      <div class="tabs-head">
        <div role="tablist" aria-label={label} onKeyDown={move}>
          {tabs.map(({ id, title, count }) => (
            <button
              key={id}
              id={`${name}-${id}`}
              type="button"
              role="tab"
              aria-selected={id === shown?.id}
              aria-controls={`${name}-body`}
              tabIndex={id === shown?.id ? 0 : -1}
              onClick={() => onSelect(id)}
            >
              {title}
              {count === undefined ? null : <span class="count">{count}</span>}
            </button>
          ))}
        </div>
        <span class="panel-actions">{actions}</span>
      </div>
      <div
        class="tabs-body"
        id={`${name}-body`}
        role="tabpanel"
        aria-labelledby={`${name}-${shown?.id}`}
      >
        {shown?.body()}
      </div>
    </div>
  );
}
