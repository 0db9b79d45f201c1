// The list of lessons: what has been begun in this browser.

export function start(document, data) {
  for (const link of document.querySelectorAll('.lessons a')) {
    const name = link.pathname.split('/').pop();
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(`slowlab.lesson.${name}.${data.lang}`) ?? 'null');
    } catch {
      // Nothing that is ours.
    }
    if (kept?.locked) link.parentElement.append(' ✓');
  }
}
