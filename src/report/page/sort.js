"use strict";
{
  // Numbers sort by the first one of their cell; what is none comes last, whichever way it goes.
  const number = (text) => {
    const found = text.replace("−", "-").match(/[+-]?\d+(\.\d+)?(e[+-]?\d+)?/);
    return found ? Number(found[0]) : NaN;
  };
  const compare = (isNumber, direction) => (left, right) => {
    if (!isNumber) return direction * left.localeCompare(right, "en", { numeric: true });
    const [a, b] = [number(left), number(right)];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return direction * (a - b);
  };
  const sort = (head, at) => {
    const ascending = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const body = head.closest("table").tBodies[0];
    const isNumber = head.classList.contains("number") ||
      Array.from(body.rows).every((row) => row.cells[at].textContent.trim().match(/^[+-]?\d+(\.\d+)?$/));
    const order = compare(isNumber, ascending ? 1 : -1);
    const rows = Array.from(body.rows);
    rows.sort((a, b) => order(a.cells[at].textContent, b.cells[at].textContent));
    body.append(...rows);
  };
  for (const row of document.querySelectorAll("thead tr")) {
    Array.from(row.cells).forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head, at));
      head.append(button);
    });
  }
}
