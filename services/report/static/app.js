/* What the page does beyond links: theme, charts, tables beside charts. htmx swaps #page when a link is followed. */
(function () {
  "use strict";
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const html = document.documentElement;

  function data() {
    const element = document.getElementById("page-data");
    return element ? JSON.parse(element.textContent) : {};
  }
  function drawAll() {
    const charts = data();
    all("[data-chart]").forEach((element) => window.facetallyCharts.draw(element, charts[element.dataset.chart]));
  }
  const sizes = new ResizeObserver(drawAll);
  function arrive() {
    sizes.disconnect();
    all("[data-chart]").forEach((element) => sizes.observe(element));
    drawAll();
    nameTheme();
    if (document.querySelector("[data-retry]")) setTimeout(() => location.reload(), 5000);
  }

  function nameTheme() {
    all("[data-theme-button]").forEach((button) => button.setAttribute("aria-label", html.dataset.theme === "dark" ? "Use light theme" : "Use dark theme"));
  }
  function switchTheme() {
    html.dataset.theme = html.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("facetally-theme", html.dataset.theme); } catch (error) { /* forbidden: it lasts as long as the page */ }
    nameTheme();
    drawAll();
  }
  function showTable(button) {
    const wanted = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", wanted);
    all("[data-when]", button.closest("section")).forEach((part) => { part.hidden = (part.dataset.when === "table") !== wanted; });
    drawAll();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-theme-button]")) switchTheme();
    if (button.matches("[data-table-button]")) showTable(button);
  });
  // A photo is checked as soon as it is dropped; one that was chosen, when the button is pressed.
  function dropped(event) {
    const form = event.target.closest && event.target.closest("[data-drop]");
    if (!form) return;
    event.preventDefault();
    form.querySelector(".drop").classList.toggle("over", event.type === "dragover");
    if (event.type !== "drop" || !event.dataTransfer.files.length) return;
    form.querySelector("input[type=file]").files = event.dataTransfer.files;
    form.requestSubmit();
  }
  ["dragover", "dragleave", "drop"].forEach((type) => document.addEventListener(type, dropped));
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-drop]");
    if (form) form.querySelector("[data-drop-name]").textContent = "Looking at the photo…";
  });

  document.addEventListener("htmx:after:swap", () => {
    arrive();
    const heading = document.querySelector("h1");
    if (heading) heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  });
  arrive();
})();
