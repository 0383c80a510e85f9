/* In <head>, before the first paint: the theme that was chosen here, else the system's; and that there are scripts. */
(function () {
  let chosen = null;
  try { chosen = localStorage.getItem("facetally-theme"); } catch (error) { /* storage may be forbidden: the system decides */ }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = chosen || (dark ? "dark" : "light");
  document.documentElement.classList.add("js");
})();
