// Search within the site, over HTTP and from disk.

(() => {
  const field = document.getElementById("mkdocs-search-query");
  const list = document.getElementById("mkdocs-search-results");
  if (!field || !list) return;
  const base = document.currentScript.src.replace(/js\/search\.js.*$/, "");
  let ready;

  const script = (path) => new Promise((done, failed) => {
    const element = document.createElement("script");
    element.src = base + path;
    element.onload = done;
    element.onerror = failed;
    document.head.append(element);
  });

  const load = async () => {
    await Promise.all([script("search/lunr.js"), script("search/search_index.js")]);
    const { docs } = window.searchIndex;
    const index = window.lunr(function () {
      this.field("title", { boost: 10 });
      this.field("text");
      this.ref("location");
      docs.forEach((page) => this.add(page));
    });
    return { index, pages: new Map(docs.map((page) => [page.location, page])) };
  };

  const element = (name, text, attributes = {}) =>
    Object.assign(document.createElement(name), attributes, { textContent: text });

  const show = async () => {
    const words = field.value.trim();
    if (words.length < 3) return list.replaceChildren();
    ready ??= load();
    const { index, pages } = await ready;
    if (words !== field.value.trim()) return undefined;
    let found = [];
    try {
      found = index.search(words);
    } catch {
      found = index.search(words.replace(/[:~^*+-]/g, " "));
    }
    const entries = found.slice(0, 30).map(({ ref }) => {
      const { title, text } = pages.get(ref);
      const heading = document.createElement("h3");
      const summary = new DOMParser().parseFromString(text, "text/html").body.textContent;
      const name = new DOMParser().parseFromString(title, "text/html").body.textContent;
      heading.append(element("a", name, { href: base + ref }));
      const article = document.createElement("article");
      article.append(heading, element("p", summary.slice(0, 200)));
      return article;
    });
    list.replaceChildren(...(entries.length ? entries : [element("p", "Nothing found.")]));
    return undefined;
  };

  field.addEventListener("input", show);
})();
