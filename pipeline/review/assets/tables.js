// Names for the controls of Datasette's pages that have none, for screen readers and the keyboard.
addEventListener("load", () => setTimeout(() => { // after CodeMirror made its own text area
  const names = { _filter_column: "Column", _filter_op: "Condition", _filter_value: "Value", _sort: "Sort by" };
  for (const control of document.querySelectorAll("select, input:not([type=hidden]):not([type=submit]), textarea")) {
    if (!control.labels?.length && !control.getAttribute("aria-label")) {
      const kind = Object.keys(names).find((name) => control.name.startsWith(name));
      control.setAttribute("aria-label", names[kind] ?? (control.name || "SQL"));
    }
  }
  for (const wide of document.querySelectorAll(".table-wrapper, pre, dl.column-descriptions, .facet-info ul")) {
    wide.tabIndex = 0;
  }
  for (const wrapper of document.querySelectorAll(".table-wrapper")) {
    wrapper.setAttribute("role", "group");
    wrapper.setAttribute("aria-label", "Rows");
  }
  if (!document.querySelector("main h2")) {
    for (const heading of document.querySelectorAll("main h3")) heading.setAttribute("aria-level", "2");
  }
}));
