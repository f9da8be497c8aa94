{
  // A setting with at most this many values has a list of them; one with more has a field to search in.
  const FEW = 12;
  // Rows of the smallest table that is worth a filter.
  const ROWS = 4;
  const LONG = 40;
  const cell = (row, at) => row.cells[at].textContent.trim();
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  // The columns of text, by their heads: settings that several tables have are filtered together.
  const settings = (tables) => {
    const found = new Map();
    for (const table of tables) {
      Array.from(table.tHead.rows[0].cells).forEach((head, at) => {
        if (head.classList.contains("number")) return;
        const name = head.textContent.trim();
        found.set(name, [...(found.get(name) ?? []), { table, at }]);
      });
    }
    return found;
  };
  const control = (columns) => {
    const texts = columns.map(({ table, at }) => Array.from(table.tBodies[0].rows, (row) => cell(row, at)));
    const values = Array.from(new Set(texts.flat()));
    const rows = Math.max(...texts.map((texts) => texts.length));
    if (values.length < 2 || rows < ROWS) return null;
    if (values.length <= FEW && values.every((value) => value.length <= LONG)) {
      const options = values.map((value) => element("option", { value: `=${value}` }, value || "(none)"));
      return element("select", {}, element("option", { value: "" }, "all"), ...options);
    }
    return element("input", { type: "search", size: 12 });
  };
  const matches = (text, wanted) => wanted.startsWith("=")
    ? text === wanted.slice(1)
    : text.toLowerCase().includes(wanted.toLowerCase());
  const filter = (scope, tables) => {
    const controls = [];
    for (const [name, columns] of settings(tables)) {
      const input = control(columns);
      if (input) controls.push({ name, columns, input });
    }
    if (!controls.length) return;
    const labels = controls.map(({ name, input }) => element("label", {}, `${name} `, input));
    const all = element("button", { type: "button" }, "Show all");
    const form = element("form", { class: "filters", "aria-label": "Filter rows" }, ...labels, all);
    const scroll = scope.querySelector(":scope > .scroll");
    scope.insertBefore(form, scroll ?? scope.firstChild);
    const counts = new Map();
    for (const { columns } of controls) {
      for (const { table } of columns) {
        if (counts.has(table)) continue;
        counts.set(table, element("p", { class: "counts", role: "status" }));
        table.closest(".scroll").before(counts.get(table));
      }
    }
    const apply = () => {
      for (const [table, count] of counts) {
        const rows = Array.from(table.tBodies[0].rows);
        for (const row of rows) {
          row.hidden = !controls.every(({ columns, input }) => {
            const own = columns.find((column) => column.table === table);
            return !own || matches(cell(row, own.at), input.value);
          });
        }
        count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
      }
    };
    form.addEventListener("input", apply);
    all.addEventListener("click", () => {
      form.reset();
      apply();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    apply();
  };
  const scopes = new Map();
  for (const table of document.querySelectorAll(".table table")) {
    const scope = table.closest(".tables") ?? table.closest(".table");
    scopes.set(scope, [...(scopes.get(scope) ?? []), table]);
  }
  for (const [scope, tables] of scopes) filter(scope, tables);
}
