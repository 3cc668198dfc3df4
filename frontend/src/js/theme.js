// Runs in <head> before the first paint: turns the stored choice into a theme, so nothing flashes.
// The server knows the choice; pages that are made without it (errors) fall back to this browser's.
import "./zone.js";

(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = root.dataset.themeChoice || localStorage.getItem("berth.theme") || "system";
    const system = dark.matches ? "dark" : "light";
    const theme = choice === "system" ? system : choice;
    root.setAttribute("data-bs-theme", theme);
    root.classList.toggle("dark-mode", theme === "dark"); // the word that Swagger UI knows
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("berth:theme", apply);
})();
