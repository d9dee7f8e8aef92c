"use strict";
// A group of chips shows one of several parts: data-choice="GROUP:VALUE" shows data-part="GROUP:VALUE".
(() => {
  const chips = [...document.querySelectorAll("[data-choice]")];
  const parts = [...document.querySelectorAll("[data-part]")];
  const groupOf = (address) => address.split(":")[0];

  const choose = (address) => {
    for (const chip of chips) {
      if (groupOf(chip.dataset.choice) === groupOf(address)) {
        chip.setAttribute("aria-pressed", String(chip.dataset.choice === address));
      }
    }
    for (const part of parts) {
      if (groupOf(part.dataset.part) === groupOf(address)) {
        part.hidden = part.dataset.part !== address;
      }
    }
  };

  for (const chip of chips) {
    chip.addEventListener("click", () => choose(chip.dataset.choice));
  }
})();
