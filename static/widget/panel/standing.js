// How the panel stands on the screen: beside the page where there is room, over all of it on phones, above their keyboards.

const SMALL = "(max-width: 480px), (max-height: 480px)";

/** @typedef {{frame: HTMLElement, signal: AbortSignal, changed: () => void}} Place */

export class Standing {
  #small = matchMedia(SMALL);
  #frame;

  /** @param {Place} place `changed`: the panel must stand anew */
  constructor({ frame, signal, changed }) {
    this.#frame = frame;
    this.#small.addEventListener("change", changed, { signal });
    for (const event of ["resize", "scroll"]) {
      window.visualViewport?.addEventListener(event, () => this.#fit(), { signal });
    }
    this.#fit();
  }

  /** On phones the page behind cannot be reached meanwhile. @param {HTMLDialogElement} dialog */
  stand(dialog) {
    if (dialog.open) dialog.close();
    if (this.#small.matches) dialog.showModal();
    else dialog.show();
  }

  /** The part of the window that no keyboard covers; whoever has zoomed in wants to move over the whole. */
  #fit() {
    const view = window.visualViewport;
    const whole = !view || view.scale > 1.01;
    this.#frame.style.setProperty("--top", whole ? "0px" : `${view.offsetTop}px`);
    this.#frame.style.setProperty("--full", whole ? "100dvh" : `${view.height}px`);
  }
}
