// What the page can tell the agent of this visit. Nothing of it names the visitor.

const LONGEST = 1000;

/** @returns {Record<string, string>} page, referrer, language and time zone; what is not known is left out */
export function visit() {
  const about = {
    page: location.href,
    title: document.title,
    referrer: document.referrer,
    language: navigator.language,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  return Object.fromEntries(
    Object.entries(about)
      .filter(([, value]) => value)
      .map(([name, value]) => [name, value.slice(0, LONGEST)]),
  );
}
