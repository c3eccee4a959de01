/** A dialog over the page, of the browser's own making: it keeps the focus inside, and escape or a click beside it closes it. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

/** What is shown. */
export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  onClose(): void;
  /** `sheet` comes from below on a phone. */
  readonly kind?: "dialog" | "sheet";
  readonly children?: ComponentChildren;
}

/** See the head of the file. */
export function Dialog({ title, isOpen, onClose, kind = "dialog", children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null) return;
    if (isOpen && !dialog.open) dialog.showModal();
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  const closeBeside = (event: MouseEvent) => {
    if (event.target === element.current) onClose();
  };
  return (
    <dialog
      ref={element}
      class={kind}
      aria-labelledby={name}
      onClose={onClose}
      onMouseDown={closeBeside}
    >
      {isOpen ? (
        <div class="dialog-inside">
          <header class="dialog-head">
            <h2 id={name}>{title}</h2>
            <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
              ✕
            </button>
          </header>
          {children}
        </div>
      ) : null}
    </dialog>
  );
}
