// The button “Write yours” of each block that states a gradient. What is behind it loads at the first tap.
(() => {
  const here = document.currentScript.src;
  const loaded = {};
  const script = (name) => (loaded[name] ??= new Promise((resolve, reject) => {
    const made = document.createElement("script");
    Object.assign(made, { src: new URL(name, here).href, onload: resolve, onerror: () => (delete loaded[name], reject(new Error(`${name} is missing`))) });
    document.head.append(made);
  }));
  for (const place of document.querySelectorAll(".yours-place")) {
    const button = document.createElement("button"), status = document.createElement("span");
    button.className = "yours-open";
    button.textContent = "Write yours";
    status.setAttribute("role", "status");
    button.onclick = async () => {
      const { of } = place.dataset;
      try {
        await script("yours.js");
        await script(`${of}.js`);
        const payload = globalThis.unrolled?.goals?.[of];
        if (payload?.format !== 2) throw new Error(payload ? "the data are of another version of the book" : "the data were cut");
        status.textContent = "";
        unrolled.write(place, payload);
      } catch (error) {
        status.textContent = `This could not start: ${error.message}.`;
      }
    };
    place.append(button, status);
  }
})();
