// The desk's few pictures. None says anything that words do not.

import { html } from "lit";

/** @param {string} path @returns {import("lit").TemplateResult} */
const icon = (path) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${path} /></svg>`;

export const SEND = icon("M4 12 20 4l-5 16-4-7z");
export const CLOSE = icon("M6 6l12 12M18 6 6 18");
export const BELL = icon("M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4");
export const MUTED = icon("M6 17V11a6 6 0 0 1 9-5.2M18 11v6l2 2H6M10 21h4M4 4l16 16");
export const PAUSE = icon("M8 5v14M16 5v14");
export const PLAY = icon("M7 5l11 7-11 7z");
export const CLEAR = icon("M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13");
export const ABOUT = icon("M12 11v6M12 7.5v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z");
export const REPLIES = icon("M13 3 5 14h6l-1 7 8-11h-6z");
export const EDIT = icon("M4 20l1-4L16 5l3 3L8 19zM14 7l3 3");
export const SIDE = icon("M4 5h16v14H4zM14.5 5v14");
