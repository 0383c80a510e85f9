/* The operations of this API, from its own description. */
const night = matchMedia("(prefers-color-scheme: dark)");
const dress = () => document.documentElement.classList.toggle("dark-mode", night.matches);
dress();
night.addEventListener("change", dress);

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#operations",
  displayRequestDuration: true,
  defaultModelsExpandDepth: -1, // three operations would drown in their parts
  persistAuthorization: false, // a key is forgotten with the page
  validatorUrl: null, // nobody elsewhere is asked
  queryConfigEnabled: false, // nor does the address of this page say whose description is shown
});
