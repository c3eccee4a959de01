/** The keyboard: one table of all that keys do, from which the `?` sheet is made, and who does it while they are shown. */
import { useEffect } from "preact/hooks";

/** What can be done by a key. */
export type KeyAction = keyof typeof keyMap;

/** Each action: its keys as `KeyboardEvent.key` has them (with `shift+` where it is held), where it counts, and what it does. */
export const keyMap = {
  search: { keys: ["/"], group: "Everywhere", does: "search markets" },
  help: { keys: ["?"], group: "Everywhere", does: "show all keys" },
  theme: { keys: ["t"], group: "Everywhere", does: "light, dark or as the device has it" },
  back: { keys: ["Escape"], group: "Everywhere", does: "close, or leave what is being done" },
  watch: {
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    group: "Market",
    does: "market of the watch list",
  },
  "interval-shorter": { keys: ["["], group: "Market", does: "shorter interval of the chart" },
  "interval-longer": { keys: ["]"], group: "Market", does: "longer interval of the chart" },
  pause: { keys: [" "], group: "Data", does: "pause or resume a replay" },
  step: { keys: ["."], group: "Data", does: "go on in a replay by one trade" },
  buy: { keys: ["b"], group: "Orders", does: "buy: go to the ticket" },
  sell: { keys: ["s"], group: "Orders", does: "sell: go to the ticket" },
  "price-up": { keys: ["ArrowUp"], group: "Ticket", does: "price one step up" },
  "price-down": { keys: ["ArrowDown"], group: "Ticket", does: "price one step down" },
  "price-up-ten": { keys: ["shift+ArrowUp"], group: "Ticket", does: "price ten steps up" },
  "price-down-ten": { keys: ["shift+ArrowDown"], group: "Ticket", does: "price ten steps down" },
  send: { keys: ["Enter"], group: "Ticket", does: "review the order; once more: send it" },
  cancel: { keys: ["c"], group: "Orders", does: "cancel the chosen order" },
  "cancel-all": {
    keys: ["shift+C"],
    group: "Orders",
    does: "cancel all orders of this market, asked once",
  },
} as const satisfies Record<
  string,
  { readonly keys: readonly string[]; readonly group: string; readonly does: string }
>;

/** Does something for a key; `which` is the place of the key among those of its action. False where it does not apply. */
export type KeyHandler = (which: number) => unknown;

/** Keys of the ticket are the ticket's own, which listens to them itself. */
const ownGroup = "Ticket";
const handlers = new Map<string, KeyHandler[]>();

/** Handles an action while a component is shown. The one that came last is asked first. */
export function useKey(action: KeyAction, handler: KeyHandler): void {
  useEffect(() => handleKey(action, handler));
}

/** Handles an action until the returned function is called. */
export function handleKey(action: KeyAction, handler: KeyHandler): () => void {
  const all = handlers.get(action) ?? [];
  handlers.set(action, all);
  all.unshift(handler);
  return () => {
    const at = all.indexOf(handler);
    if (at >= 0) all.splice(at, 1);
  };
}

/** Begins to listen; called once by the application. */
export function watchKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (isLeftAlone(event)) return;
    const name = keyName(event);
    for (const [action, { keys, group }] of Object.entries(keyMap)) {
      const which = (keys as readonly string[]).indexOf(name);
      if (which < 0 || group === ownGroup) continue;
      if (handlers.get(action)?.some((handle) => handle(which) !== false)) event.preventDefault();
    }
  });
}

/** Whether a key belongs to the browser, or to what has the focus. */
function isLeftAlone(event: KeyboardEvent): boolean {
  const { key, target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (key !== "Escape" && (isTyping(target) || isInDialog())) return true;
  // A button that has the focus is pressed by these, as everywhere.
  return (key === " " || key === "Enter") && isControl(target);
}

/** Does an action without its key, as a button does. */
export function perform(action: KeyAction): void {
  handlers.get(action)?.some((handle) => handle(0) !== false);
}

/** Name of a pressed key as {@link keyMap} has it. Signs are what they are, however a keyboard makes them. */
export function keyName(event: KeyboardEvent): string {
  const isSign = event.key.length === 1 && event.key.toLowerCase() === event.key.toUpperCase();
  return event.shiftKey && !isSign ? `shift+${event.key}` : event.key;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")
  );
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("button, a, summary, [role=tab], tr");
}

function isInDialog(): boolean {
  return document.querySelector("dialog[open]") !== null;
}
