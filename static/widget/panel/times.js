// Days and times as the visitor writes them, in the visitor's own time zone.

const DAY = 86_400_000;

/** @typedef {ReturnType<typeof times>} Times */

/** @param {string} tag the language */
export function times(tag) {
  const time = new Intl.DateTimeFormat(tag, { hour: "numeric", minute: "2-digit" });
  const near = new Intl.RelativeTimeFormat(tag, { numeric: "auto" });
  const date = new Intl.DateTimeFormat(tag, { weekday: "long", day: "numeric", month: "long" });
  const far = new Intl.DateTimeFormat(tag, { day: "numeric", month: "long", year: "numeric" });
  return {
    /** @param {number} at */
    time: (at) => time.format(at),
    /** Today, yesterday, or the date. @param {number} at @param {number} now */
    day(at, now) {
      const ago = Math.round((midnight(at) - midnight(now)) / DAY);
      const old = new Date(at).getFullYear() !== new Date(now).getFullYear();
      const shown = ago <= 0 && ago > -2 ? near.format(ago, "day") : (old ? far : date).format(at);
      return shown.charAt(0).toLocaleUpperCase(tag) + shown.slice(1);
    },
  };
}

/** When the day of a moment began; also what tells days apart. @param {number} at */
export function midnight(at) {
  return new Date(at).setHours(0, 0, 0, 0);
}
