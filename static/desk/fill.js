// Small things every part of the desk uses to touch the DOM.

/** @param {string} id @returns {any} */
export const at = (id) => document.getElementById(id);

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

/**
 * Let the list show the items, touching only those that are new or changed: what is being read, pressed or unfolded stays.
 * @template {{key: string}} T
 * @param {Element} list @param {T[]} items @param {(element: HTMLElement, item: T) => void} draw
 */
export function fill(list, items, draw) {
  const before = new Map([...list.children].map((element) => [element.dataset.key, element]));
  items.forEach((item, index) => {
    const element = before.get(item.key) ?? document.createElement("li");
    before.delete(item.key);
    element.dataset.key = item.key;
    const print = JSON.stringify(item);
    if (drawn.get(element) !== print) draw(element, item);
    drawn.set(element, print);
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  for (const element of before.values()) element.remove();
}

/** @param {string} tag @param {string} [className] @param {string} [text] @returns {any} */
export function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Touch a text only when it changes: a live region would say it again. @param {Element} element @param {string} text */
export function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {string} name @returns {string} */
export function initials(name) {
  return name.split(/\s+/).map((word) => [...word][0] ?? "").slice(0, 2).join("").toUpperCase();
}

/**
 * Keep the newest entry of a scrolling box in sight, unless the reader has scrolled away from it.
 * @param {HTMLElement} box @returns {(anyway?: boolean) => void} to be called after the box has grown
 */
export function followed(box) {
  let following = true;
  const toNewest = (anyway = false) => {
    if (following || anyway) box.scrollTop = box.scrollHeight;
  };
  box.addEventListener("scroll", () => (following = box.scrollHeight - box.scrollTop - box.clientHeight < 48), { passive: true });
  new ResizeObserver(() => toNewest()).observe(box);
  return toNewest;
}
