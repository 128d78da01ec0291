// What calls a visitor who is elsewhere: a sound, a notification of the system, the page's title.

const NOTES = [
  { hertz: 659.3, at: 0 },
  { hertz: 987.8, at: 0.11 },
];

/** A short sound, made here: there is no file to fetch, and no policy to ask. */
export class Chime {
  /** @type {AudioContext | null} */
  #audio = null;

  ring() {
    // Before the visitor has touched the page browsers let nothing sound, and complain of the attempt.
    if (!navigator.userActivation?.hasBeenActive) return;
    this.#audio ??= new AudioContext();
    for (const note of NOTES) strike(this.#audio, note);
  }

  stop() {
    this.#audio?.close();
    this.#audio = null;
  }
}

/** @param {AudioContext} audio @param {{hertz: number, at: number}} note */
function strike(audio, { hertz, at }) {
  const [tone, level, start] = [audio.createOscillator(), audio.createGain(), audio.currentTime + at];
  tone.frequency.value = hertz;
  level.gain.setValueAtTime(0, start);
  level.gain.linearRampToValueAtTime(0.12, start + 0.015);
  level.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
  tone.connect(level).connect(audio.destination);
  tone.start(start);
  tone.stop(start + 0.5);
}

/** Asks for leave, as the visitor wished. @returns {Promise<boolean>} whether it was given */
export async function mayNotify() {
  return (await Notification.requestPermission()) === "granted";
}

/** The system's notification: there is one at most, of what is newest. */
export class Notice {
  /** @type {Notification | undefined} */
  #shown;

  /** @param {string} title @param {NotificationOptions & {pressed: () => void}} options `pressed`: the visitor wants to see it */
  show(title, { pressed, ...options }) {
    if (Notification.permission !== "granted") return;
    try {
      this.#shown = new Notification(title, { tag: "flex-chat", ...options });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // Chrome on Android has the class, and forbids its use
      return;
    }
    this.#shown.onclick = () => {
      window.focus();
      this.close();
      pressed();
    };
  }

  /** The system shows it until somebody takes it away, also to whoever comes next. */
  close() {
    this.#shown?.close();
    this.#shown = undefined;
  }
}

/** The number of unread messages before the page's title, whatever the page makes of that title meanwhile. */
export class Title {
  #page = "";
  #ours = "";

  /** @param {number} unread */
  show(unread) {
    if (document.title !== this.#ours) this.#page = document.title;
    this.#ours = unread > 0 ? `(${unread}) ${this.#page}` : this.#page;
    if (document.title !== this.#ours) document.title = this.#ours;
  }
}
