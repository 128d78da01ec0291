// What the launcher says. The panel's words come with the panel.

/** @typedef {{openChat: string, closeChat: string, unread: string, notLoaded: string}} Labels */

/** @type {Record<string, [string, string, string, string]>} */
const LABELS = {
  en: ["Open chat", "Close chat", "Unread messages: {n}", "The chat could not be loaded. Please try again."],
  es: ["Abrir el chat", "Cerrar el chat", "Mensajes sin leer: {n}", "No se ha podido cargar el chat. Inténtelo de nuevo."],
  de: ["Chat öffnen", "Chat schließen", "Ungelesene Nachrichten: {n}", "Der Chat konnte nicht geladen werden. Bitte versuchen Sie es noch einmal."],
  fr: ["Ouvrir le chat", "Fermer le chat", "Messages non lus : {n}", "Le chat n’a pas pu être chargé. Veuillez réessayer."],
  pt: ["Abrir o chat", "Fechar o chat", "Mensagens não lidas: {n}", "Não foi possível carregar o chat. Tente novamente."],
  ar: ["فتح الدردشة", "إغلاق الدردشة", "رسائل غير مقروءة: {n}", "تعذّر تحميل الدردشة. يُرجى المحاولة مرة أخرى."],
  ja: ["チャットを開く", "チャットを閉じる", "未読メッセージ: {n}", "チャットを読み込めませんでした。もう一度お試しください。"],
};

/** In the language, or else in English. @param {string} language @returns {Labels} */
export function labels(language) {
  const first = language.toLowerCase().split(/[-_]/)[0] ?? "";
  const [openChat, closeChat, unread, notLoaded] = LABELS[first] ?? /** @type {[string, string, string, string]} */ (LABELS.en);
  return { openChat, closeChat, unread, notLoaded };
}
