// Table: numbers in rows, the same ones of several things in columns.
//
// spec: {rows: [{metric, label, form?, title?}], columns: [{label, end, colour?, title?}]}. The
// metric of a cell is the row's followed by the column's `end`. A cell whose metric the run does
// not have stays empty.

import { FORMS } from "../../draw/numbers.js";
import { Panel } from "../panel.js";

export class Table extends Panel {
  constructor(spec, stage) {
    super(spec, stage);
    this.element.classList.add("numbers-table");
    const heads = spec.columns.map((c) => `<th title="${c.title ?? ""}">${c.label}</th>`);
    const cells = "<td></td>".repeat(spec.columns.length);
    const rows = spec.rows.map((r) => `<tr title="${r.title ?? ""}"><th>${r.label}</th>${cells}</tr>`);
    this.plot.innerHTML = `<table><thead><tr><th></th>${heads.join("")}</tr></thead>
      <tbody>${rows.join("")}</tbody></table>`;
    this.heads = [...this.plot.querySelectorAll("thead th")].slice(1);
    this.cells = [...this.plot.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);
  }

  explained() {
    return [...this.spec.columns, ...this.spec.rows]
      .filter((entry) => entry.title)
      .map((entry) => ({ name: entry.label, text: entry.title }));
  }

  get grows() {
    return true;
  }

  write(known) {
    super.write(known);
    this.heads.forEach(
      (head, k) =>
        (head.style.color = this.spec.columns[k].colour ? this.colours.word(this.spec.columns[k].colour) : ""),
    );
    this.spec.rows.forEach((row, i) =>
      this.spec.columns.forEach(({ end }, k) => {
        const value = known[row.metric + end];
        const text = value === undefined ? "" : FORMS[row.form ?? "significant"](value);
        if (this.cells[i][k].textContent !== text) this.cells[i][k].textContent = text;
      }),
    );
  }
}

export default Table;
