/** The name of the file that holds the rest of the widget, set by the build. */
declare const ROOM: string;
