// Keeps the newest entry of every scrolling list in sight, unless its reader has scrolled away from it.

const NEAR_PX = 48;

/** Lists are those marked `data-follow`; a list that is new begins at its end. */
export class FollowNewest {
  /** @type {WeakSet<Element>} */
  #left = new WeakSet();
  #root;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    root.addEventListener("scroll", (event) => this.#scrolled(/** @type {Element} */ (event.target)), { passive: true, capture: true });
  }

  /** To be called after every change. */
  follow() {
    for (const list of this.#root.querySelectorAll("[data-follow]")) {
      if (!this.#left.has(list)) list.scrollTop = list.scrollHeight;
    }
  }

  /** @param {Element} list */
  #scrolled(list) {
    const near = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
    if (near) this.#left.delete(list);
    else this.#left.add(list);
  }
}
