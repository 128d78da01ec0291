// What the templates are given. Nothing here runs.

/**
 * What only the panel knows.
 * @typedef {object} Face
 * @property {boolean} menu whether the options are open
 * @property {boolean} sure whether the visitor is asked if the chat is to end
 * @property {boolean} busy whether the server is asked to end it
 * @property {boolean} notEnded whether that did not succeed
 * @property {boolean} tooLong whether what stands in the typing box is more than a message may be
 * @property {boolean} away whether the visitor reads further up
 * @property {boolean} introduced whether the form was filled in
 * @property {Record<string, string>} faults what is wrong in the form, by the field's name
 * @property {boolean} sound
 * @property {boolean} notify
 *
 * @typedef {object} Scene
 * @property {import("../types.js").View} view
 * @property {import("../types.js").Wishes} wishes
 * @property {import("../words/words.js").Speech} speech
 * @property {import("./times.js").Times} times
 * @property {Face} face
 * @property {readonly import("./news.js").Line[]} news what a screen reader is to say
 *
 * What the visitor can do.
 * @typedef {object} Deeds
 * @property {() => void} close
 * @property {(menu: boolean) => void} menu
 * @property {(event: Event) => void} elsewhere something happened in the panel; closes the options unless it was in them
 * @property {() => void} sound
 * @property {() => void} notify
 * @property {() => void} download
 * @property {(sure: boolean) => void} sure
 * @property {() => void} end
 * @property {() => void} renew
 * @property {() => void} newest
 * @property {() => void} scrolled
 * @property {(key: string) => void} again
 * @property {(key: string) => void} discard
 * @property {(event: Event) => void} typed
 * @property {(event: Event) => void} send
 * @property {(event: Event) => void} start
 * @property {(event: Event) => void} corrected
 * @property {(event: Event) => void} escape
 * @property {() => void} closed the browser has closed the dialog
 */

export {};
