/** focusQuestion puts the caret where the next question is written. */
export function focusQuestion() {
  document.getElementById("question")?.focus();
}
