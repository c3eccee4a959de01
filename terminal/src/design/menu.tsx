/** A button that opens a list of choices. Arrows move in it, escape or a click elsewhere closes it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** A choice. */
export interface MenuItem {
  readonly id: string;
  readonly title: ComponentChildren;
  /** Whether it is the current one. */
  readonly isChecked?: boolean;
  choose(): void;
}

/** What is shown. */
export interface MenuProps {
  /** Said to screen readers where the button shows a sign only. */
  readonly label: string;
  readonly button: ComponentChildren;
  readonly items: readonly MenuItem[];
  readonly align?: "start" | "end";
}

/** See the head of the file. */
export function Menu({ label, button, items, align = "start" }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const chosen = root.current?.querySelector<HTMLElement>('[aria-checked="true"]');
    (chosen ?? root.current?.querySelector<HTMLElement>("[role^=menuitem]"))?.focus();
    const closeElsewhere = ({ target }: Event) => {
      if (!root.current?.contains(target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", closeElsewhere);
    return () => document.removeEventListener("pointerdown", closeElsewhere);
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") moveFocus(event, 1);
    else if (event.key === "ArrowUp") moveFocus(event, -1);
    else return;
    event.stopPropagation();
    event.preventDefault();
  };
  return (
    <span class="menu" ref={root}>
      <button
        type="button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={label}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen ? (
        <div class={`menu-list ${align}`} role="menu" aria-label={label} onKeyDown={onKeyDown}>
          {items.map(({ id, title, isChecked, choose }) => (
            <button
              key={id}
              type="button"
              {...roleOf(isChecked)}
              tabIndex={-1}
              onClick={() => {
                close();
                choose();
              }}
            >
              {title}
            </button>
          ))}
        </div>
      ) : null}
    </span>
  );
}

function roleOf(isChecked: boolean | undefined) {
  if (isChecked === undefined) return { role: "menuitem" } as const;
  return { role: "menuitemradio", "aria-checked": isChecked } as const;
}

/** Moves the focus among the buttons around it, round at the ends. */
function moveFocus({ currentTarget }: KeyboardEvent, step: number): void {
  const all = [...(currentTarget as HTMLElement).querySelectorAll<HTMLElement>("button")];
  const now = all.indexOf(document.activeElement as HTMLElement);
  all[(now + step + all.length) % all.length]?.focus();
}
