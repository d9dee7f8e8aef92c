"use strict";
(() => {
  const list = document.getElementById("pairs");
  if (!list) return;
  const cards = [...list.children];
  const shown = document.getElementById("shown");
  const order = document.getElementById("order");
  const masks = document.getElementById("masks");
  const chips = [...document.querySelectorAll("[data-edit-type-filter]")];

  const filter = (editType) => {
    for (const chip of chips) {
      chip.setAttribute("aria-pressed", String(chip.dataset.editTypeFilter === editType));
    }
    for (const card of cards) {
      card.hidden = editType !== "" && card.dataset.editType !== editType;
    }
    const count = cards.filter((card) => !card.hidden).length;
    shown.textContent = `${count} ${count === 1 ? "pair" : "pairs"}`;
  };

  // Pairs without a confidence stay behind those with one, whichever way the rest is sorted.
  const keyOf = (card) => (card.dataset.confidence === "" ? null : Number(card.dataset.confidence));
  const compare = (direction) => (one, other) => {
    const [a, b] = [keyOf(one), keyOf(other)];
    if (a === null || b === null) return (a === null) - (b === null);
    return direction * (a - b);
  };
  const sort = () => {
    const directions = { least: 1, most: -1 };
    const direction = directions[order.value];
    list.append(...(direction ? [...cards].sort(compare(direction)) : cards));
  };

  for (const chip of chips) {
    chip.addEventListener("click", () => filter(chip.dataset.editTypeFilter));
  }
  order?.addEventListener("change", sort);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("select, input[type=text]");
    if (event.key.toLowerCase() === "m" && !typing && !event.ctrlKey && !event.metaKey) {
      masks.checked = !masks.checked;
    }
  });
})();
