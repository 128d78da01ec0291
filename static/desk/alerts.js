// What is heard and seen elsewhere when a task comes, for those who asked for it.

const TITLE = "Agents' desk";
const NOTES = [
  [0, 660],
  [0.14, 880],
];

/** Two short notes. A browser may keep them back until the page was touched once. */
export function chime() {
  const audio = new AudioContext();
  for (const [at = 0, pitch = 0] of NOTES) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.12, audio.currentTime + at);
    volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.3);
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + 0.3);
    if (at > 0) tone.onended = () => audio.close();
  }
}

/** @param {number} waiting how many to count in the window's title; 0: none */
export function count(waiting) {
  document.title = waiting > 0 ? `(${waiting}) ${TITLE}` : TITLE;
}
