// Where in the chat the visitor reads. New messages follow the one who reads the newest, and never move the one who does not.

const NEAR = 48;

export class Reading {
  /** Whether the visitor reads the newest. */
  following = true;
  /** @type {HTMLElement | null} */
  #log = null;
  #sizes = new ResizeObserver(() => this.settle());

  /** The log stands here now, or nowhere. @param {HTMLElement | null} log */
  at(log) {
    if (log === this.#log) return;
    this.#sizes.disconnect();
    this.#log = log;
    this.following = true;
    if (log) this.#sizes.observe(log);
  }

  /** The visitor, or we, have scrolled. */
  scrolled() {
    const log = this.#log;
    if (log && log.clientHeight > 0) this.following = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  }

  /** Something has grown or shrunk. */
  settle() {
    if (this.#log && this.following) this.#log.scrollTop = this.#log.scrollHeight;
  }

  toNewest() {
    this.following = true;
    this.settle();
  }

  /** To what the visitor has not read yet; or to the newest, if that is nothing. */
  toUnread() {
    const mark = /** @type {HTMLElement | null | undefined} */ (this.#log?.querySelector(".fresh"));
    this.toNewest();
    if (this.#log && mark) this.#log.scrollTop = mark.offsetTop - NEAR / 4;
    this.scrolled();
  }

  stop() {
    this.#sizes.disconnect();
  }
}
