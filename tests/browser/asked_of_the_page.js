async (texts) => {
  // What each text is read as: [rows, kind], or why it is no matrix.
  const { parseMatrix, MatrixError } = await import("/static/matrix.js");
  return texts.map((text) => {
    try {
      const { rows, kind } = parseMatrix(text);
      return [rows, kind];
    } catch (error) {
      if (error instanceof MatrixError) return error.message;
      throw error;
    }
  });
}

() => {
  // The contrast of every text with its ground, by WCAG 2.
  const rgb = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);
  const light = (colour) => colour
    .map((x) => x / 255)
    .map((x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4))
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\)|transparent/.test(colour)) return rgb(colour);
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("p, label, h1, h2, h3, td, th, li, button, a, svg text")) {
    if (!element.textContent.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const front = rgb(element.closest("svg") ? style.fill : style.color);
    const [a, b] = [light(front), light(ground(element))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), `${element.tagName} ${element.textContent.slice(0, 30)}`]);
  }
  return found;
}

() => {
  // Labels of the pictures that are cut off or lie over each other; "no labels" where none are.
  const found = [];
  let count = 0;
  for (const svg of document.querySelectorAll("#chart svg, #word svg, #errors svg, .spoil svg")) {
    const frame = svg.getBoundingClientRect();
    const labels = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    count += labels.length;
    for (const [i, [name, a]] of labels.entries()) {
      const inside = a.left >= frame.left && a.right <= frame.right && a.top >= frame.top - 3 && a.bottom <= frame.bottom;
      if (!inside) found.push(`${name} is cut off`);
      for (const [other, b] of labels.slice(i + 1)) {
        const beside = a.left >= b.right - 1 || b.left >= a.right - 1 || a.top >= b.bottom - 3 || b.top >= a.bottom - 3;
        if (!beside) found.push(`${name} lies over ${other}`);
      }
    }
  }
  return count ? found : ["no labels"];
}
