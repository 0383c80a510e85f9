/* What the page does beyond links: theme, menus, sheets, charts and the tables beside them. htmx swaps #page when a link is followed. */
(function () {
  "use strict";
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const one = (selector, within) => (within || document).querySelector(selector);
  const html = document.documentElement;
  const charts = window.facetallyCharts;

  /* ---- charts ------------------------------------------------------------ */
  let shown = { words: {}, charts: {} };
  const chosen = {}; // of a chart that shows one of several measures
  function draw(element) {
    const data = shown.charts[element.dataset.key];
    if (data) charts.draw(element, data, shown.words, chosen[element.dataset.key]);
  }
  const drawAll = () => all("[data-chart]").forEach(draw);
  const sizes = new ResizeObserver((changed) => changed.forEach((entry) => draw(entry.target)));
  function readCharts() {
    const element = document.getElementById("chart-data");
    shown = element ? JSON.parse(element.textContent) : { words: {}, charts: {} };
    for (const key in chosen) delete chosen[key];
    sizes.disconnect();
    all("[data-chart]").forEach((chart) => sizes.observe(chart));
  }

  /* ---- one page in place of another -------------------------------------- */
  function arrive() {
    readCharts();
    drawAll();
    nameTheme();
    if (one("[data-retry]")) setTimeout(() => location.reload(), 5000);
  }
  document.addEventListener("htmx:config:request", (event) => {
    const token = one("meta[name=csrf]");
    const request = event.detail.ctx && event.detail.ctx.request;
    if (token && request && !/^(GET|HEAD)$/i.test(request.method)) request.headers["X-CSRF-Token"] = token.content;
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail && event.detail.ctx && event.detail.ctx.target;
    if (target && target.id !== "page" && target !== document.body) return;
    arrive();
    const heading = one("h1");
    if (heading) heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  });

  /* ---- theme ------------------------------------------------------------- */
  function nameTheme() {
    all("[data-theme-button]").forEach((button) => button.setAttribute("aria-label", html.dataset.theme === "dark" ? button.dataset.light : button.dataset.dark));
  }
  function switchTheme() {
    html.dataset.theme = html.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("facetally-theme", html.dataset.theme); } catch (error) { /* forbidden: it lasts as long as the page */ }
    nameTheme();
    drawAll();
  }

  /* ---- figures ----------------------------------------------------------- */
  function showTable(button) {
    const wanted = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", wanted);
    all("[data-when]", button.closest("section")).forEach((part) => { part.hidden = (part.dataset.when === "table") !== wanted; });
    drawAll();
  }
  function chooseMeasure(tab) {
    all("[role=tab]", tab.parentNode).forEach((other) => {
      other.setAttribute("aria-selected", other === tab);
      other.tabIndex = other === tab ? 0 : -1;
    });
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    const title = panel && document.getElementById(panel.getAttribute("aria-labelledby"));
    if (title) title.textContent = tab.dataset.title;
    all("[data-chart]", panel || undefined).forEach((chart) => {
      chosen[chart.dataset.key] = tab.dataset.metric;
      draw(chart);
    });
  }
  function choosePanel(button) {
    const card = button.closest("[data-tabs]");
    all("[data-tab]", card).forEach((other) => other.setAttribute("aria-pressed", other === button));
    all("[data-panel]", card).forEach((panel) => { panel.hidden = panel.dataset.panel !== button.dataset.tab; });
  }
  function readSquare(cell) {
    const table = cell.closest("table");
    all(".on", table).forEach((other) => other.classList.remove("on"));
    cell.classList.add("on");
    const line = one(".heatread", table.parentNode);
    if (line) line.textContent = cell.title;
  }
  function tip(event) {
    const circle = event.target.closest && event.target.closest("[data-tip]");
    all(".mapbox .tip").forEach((line) => {
      line.hidden = !circle || !line.parentNode.contains(circle);
      if (!line.hidden) line.textContent = circle.dataset.tip;
    });
  }
  document.addEventListener("pointerover", tip);

  /* ---- menus, sheets, search --------------------------------------------- */
  const closeMenus = (but) => all("details[data-menu][open]").forEach((menu) => { if (!but || !menu.contains(but)) menu.open = false; });
  function openDialog(name) {
    const dialog = document.getElementById(name);
    if (!dialog || dialog.open) return false;
    closeMenus();
    dialog.showModal();
    const field = one("input", dialog);
    if (field && name === "find") field.focus();
    return true;
  }
  function filterList(field) {
    const letters = field.value.trim().toLowerCase();
    all("[data-filtered] > li", field.closest(".pop, dialog")).forEach((item) => { item.hidden = !item.textContent.toLowerCase().includes(letters); });
  }
  document.addEventListener("toggle", (event) => {
    if (event.target.matches && event.target.matches("details[data-menu]") && event.target.open) {
      closeMenus(event.target);
      const field = one("[data-filter]", event.target);
      if (field) field.focus();
    }
  }, true);

  document.addEventListener("click", (event) => {
    const target = event.target;
    closeMenus(target);
    if (target.matches("dialog")) target.close();
    const circle = target.closest(".map [data-href]");
    if (circle) location.href = circle.dataset.href;
    const square = target.closest(".heat tbody td");
    if (square && !square.matches(".corner, .shut")) readSquare(square);
    const button = target.closest("button, [data-dialog]");
    if (!button) return;
    if (button.dataset.dialog && openDialog(button.dataset.dialog)) event.preventDefault();
    if (button.matches("[data-close]")) button.closest("dialog").close();
    if (button.matches("[data-theme-button]")) switchTheme();
    if (button.matches("[data-table-button]")) showTable(button);
    if (button.matches("[role=tab]")) chooseMeasure(button);
    if (button.matches("[data-tab]")) choosePanel(button);
    if (button.matches("[data-copy]")) navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  });
  document.addEventListener("input", (event) => { if (event.target.matches("[data-filter]")) filterList(event.target); });
  document.addEventListener("change", (event) => { if (event.target.matches("[data-submit]")) event.target.form.requestSubmit(); });
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest && event.target.closest("[role=tab]");
    if (tab && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      const tabs = all("[role=tab]", tab.parentNode), step = event.key === "ArrowRight" ? 1 : -1;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      next.focus();
      chooseMeasure(next);
      event.preventDefault();
    }
    if (event.key === "Escape") all("details[data-menu][open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && !event.ctrlKey && !event.metaKey && openDialog("find")) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
    // What was left empty need not be in the address.
    if (event.target.method === "get") all("[data-unless-empty]", event.target).forEach((field) => { field.disabled = !field.value; });
  }, true);

  /* ---- camera check: a photo is checked as soon as it is dropped; one that was chosen, when the button is pressed ---- */
  function dropped(event) {
    const form = event.target.closest && event.target.closest("[data-drop]");
    if (!form) return;
    event.preventDefault();
    one(".drop", form).classList.toggle("over", event.type === "dragover");
    if (event.type !== "drop" || !event.dataTransfer.files.length) return;
    one("input[type=file]", form).files = event.dataTransfer.files;
    form.requestSubmit();
  }
  ["dragover", "dragleave", "drop"].forEach((type) => document.addEventListener(type, dropped));
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-drop]");
    if (form) one("[data-drop-name]", form).textContent = form.dataset.busy;
  });

  arrive();
})();
