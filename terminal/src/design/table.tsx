/**
 * A table: the same everywhere. Headings stay while rows scroll, figures are aligned at their end, and where rows can be chosen the
 * arrows move the choice. It shows the rows that it is given; who has more than a screen of them shows a page.
 */
import type { ComponentChildren } from "preact";

/** A column. */
export interface Column<Row> {
  readonly key: string;
  readonly title: ComponentChildren;
  /** `end` for figures. */
  readonly align?: "start" | "end";
  /** Left out where there is little room. */
  readonly isMinor?: boolean;
  cell(row: Row): ComponentChildren;
}

/** What is shown. */
export interface TableProps<Row> {
  /** Said to screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  keyOf(row: Row): string;
  /** Class of a row, where it has one. */
  rowClass?(row: Row): string | undefined;
  /** Key of the chosen row. */
  readonly selected?: string | undefined;
  onSelect?(row: Row): void;
  /** Enter or a double click. */
  onOpen?(row: Row): void;
}

/** See the head of the file. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows } = props;
  return (
    <table class="table" aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ key, title, align, isMinor }) => (
            <th key={key} scope="col" class={cellClass(align, isMinor)}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <TableRow key={props.keyOf(row)} table={props} row={row} index={index} />
        ))}
      </tbody>
    </table>
  );
}

function TableRow<Row>(props: {
  readonly table: TableProps<Row>;
  readonly row: Row;
  readonly index: number;
}) {
  const { table, row, index } = props;
  const { columns, rows, keyOf, rowClass, selected, onSelect, onOpen } = table;
  const isSelected = selected === keyOf(row);
  // One row can be reached by the tabulator: the chosen one, or else the first.
  const isEntry = isSelected || (index === 0 && !rows.some((other) => keyOf(other) === selected));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && event.target === event.currentTarget) onOpen?.(row);
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const isDown = event.key === "ArrowDown";
    const next = rows[index + (isDown ? 1 : -1)];
    if (next === undefined) return;
    event.preventDefault();
    onSelect?.(next);
    const element = event.currentTarget as HTMLElement;
    const sibling = isDown ? element.nextElementSibling : element.previousElementSibling;
    if (sibling instanceof HTMLElement) sibling.focus();
  };
  const choice =
    onSelect === undefined
      ? {}
      : {
          tabIndex: isEntry ? 0 : -1,
          "aria-selected": isSelected,
          onClick: () => onSelect(row),
          onDblClick: () => onOpen?.(row),
          onKeyDown,
        };
  return (
    <tr class={rowClass?.(row)} {...choice}>
      {columns.map(({ key, align, isMinor, cell }) => (
        <td key={key} class={cellClass(align, isMinor)}>
          {cell(row)}
        </td>
      ))}
    </tr>
  );
}

function cellClass(align: "start" | "end" | undefined, isMinor: boolean | undefined) {
  const names = [align === "end" ? "end" : "", isMinor === true ? "minor" : ""];
  return names.filter((name) => name !== "").join(" ") || undefined;
}
