"use strict";
// No text of this page is ever given to an HTML parser: everything is made as nodes.
(() => {
  const byId = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const OUTCOMES = {
    right: ["on the right frame", "good"],
    swapped: ["tells of another frame", "bad"],
    merged: ["mixes several frames", "bad"],
    invented: ["tells of no frame", "bad"],
    omitted: ["says nothing of this frame", "bad"],
    undecidable: ["frames too alike to tell", ""],
  };

  /** Make an element: properties, then children, which are nodes or text. */
  function make(tag, properties, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "class") element.className = value;
      else if (name in element && name !== "list") element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  function clock(seconds) {
    const whole = Math.floor(seconds);
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const rest = two(Math.floor(whole / 60) % 60) + ":" + two(whole % 60);
    return hours ? hours + ":" + rest : rest;
  }

  // --- light and dark ---------------------------------------------------------------------------

  const THEMES = [["", "as the system"], ["light", "light"], ["dark", "dark"]];
  function themes() {
    const button = byId("theme");
    let at = 0;
    try {
      at = Math.max(THEMES.findIndex(([name]) => name === localStorage.getItem("theme")), 0);
    } catch { /* a page from a file may have no storage */ }
    const show = () => {
      const [name, words] = THEMES[at];
      if (name) document.documentElement.dataset.theme = name;
      else delete document.documentElement.dataset.theme;
      button.textContent = "Theme: " + words;
    };
    button.addEventListener("click", () => {
      at = (at + 1) % THEMES.length;
      try { localStorage.setItem("theme", THEMES[at][0]); } catch { /* as above */ }
      show();
    });
    button.hidden = false;
    show();
  }

  // --- the contents -----------------------------------------------------------------------------

  /** Open the contents where they stand beside the text; above it they would hide the answer. */
  function contents() {
    const beside = matchMedia("(min-width: 70rem)"); // as in the style
    const fit = () => { byId("contents").open = beside.matches; };
    beside.addEventListener("change", fit);
    fit();
  }

  // --- the frame browser ------------------------------------------------------------------------

  function browse() {
    const data = JSON.parse(byId("data").textContent);
    const { sessions, candidates, frames } = data;
    const form = byId("filters");
    const fields = form.elements;
    const list = byId("list");
    let shown = frames.slice();
    let current = null;

    frames.forEach((frame, place) => {
      frame.place = place;
      frame.hash = "#frame-" + encodeURIComponent(sessions[frame.session].id) + "-" + frame.index;
      frame.title = sessions[frame.session].title + ", " + clock(frame.time);
      frame.fault = frame.said.some(isFaulty);
    });
    const byHash = new Map(frames.map((frame) => [frame.hash, frame]));

    /** A flag is of a whole reply: it tells of this frame only where no other was asked about. */
    function isFaulty(said) {
      return said.text === null || (said.invented || []).length > 0
        || ((said.flags || []).length > 0 && said.together === 1)
        || (OUTCOMES[said.attribution] || ["", ""])[1] === "bad";
    }

    // --- filters

    function offer(name, options) {
      for (const [value, words] of options) {
        fields[name].append(make("option", { value: String(value) }, words));
      }
      fields[name].closest("label").hidden = options.length < 1;
    }
    const used = (of) => [...new Set(frames.flatMap((frame) => frame.said.flatMap(of)))].sort();
    offer("candidate", candidates.map((one, place) => [place, one.name]));
    offer("flag", used((said) => said.flags || []).map((flag) => [flag, flag]));
    offer("attribution", used((said) => said.attribution || [])
      .map((name) => [name, (OUTCOMES[name] || [name])[0]]));
    offer("session", sessions.length > 1 ? sessions.map((one, place) => [place, one.title]) : []);
    for (const name of ["dispute", "order"]) {
      fields[name].closest("label").hidden = !frames.some((frame) => frame.alike !== undefined);
    }

    /** All text of what a candidate says, in lower case; made when it is first looked for. */
    function words(said) {
      said.words ??= [said.text, said.activity, ...said.apps, ...said.topics]
        .filter(Boolean).join("\n").toLowerCase();
      return said.words;
    }

    function matcher() {
      const value = (name) => fields[name].value;
      const text = value("text").trim().toLowerCase();
      const candidate = value("candidate") === "" ? null : Number(value("candidate"));
      const session = value("session") === "" ? null : Number(value("session"));
      const [flag, attribution, named, dispute] =
        ["flag", "attribution", "named", "dispute"].map(value);
      const fits = (said) =>
        (candidate === null || said.candidate === candidate)
        && (flag === "" || (said.flags || []).some((one) => flag === "*" || one === flag))
        && (attribution === "" || said.attribution === attribution)
        && (named !== "invented" || (said.invented || []).length > 0)
        && (named !== "grounded"
          || ((said.grounded || []).length > 0 && said.invented.length === 0))
        && (text === "" || words(said).includes(text));
      const anything = candidate !== null || flag || attribution || named || text;
      return {
        text,
        fits: anything ? fits : null,
        frame: (frame) =>
          (session === null || frame.session === session)
          && (dispute === ""
            || (dispute === "listed" ? frame.rank != null : frame.alike < Number(dispute)))
          && (!anything || frame.said.some(fits)),
      };
    }

    let match = matcher();
    let order = "";
    function filter() {
      const start = performance.now();
      match = matcher();
      if (order !== fields.order.value) sort();
      shown = inOrder.filter(match.frame);
      const kept = new Set(shown);
      for (const frame of frames) frame.item.hidden = !kept.has(frame);
      byId("count").textContent = shown.length === frames.length
        ? frames.length + " frames"
        : shown.length + " of " + frames.length + " frames";
      if (!kept.has(current)) show(shown[0] || null);
      else show(current);
      performance.measure("filter", { start });
    }

    let inOrder = frames;
    function sort() {
      order = fields.order.value;
      // Those that were not compared come last.
      const key = (frame) => [frame.rank ?? Infinity, frame.alike ?? Infinity, frame.place];
      inOrder = order === "" ? frames : frames.slice().sort((a, b) => {
        const [one, other] = [key(a), key(b)];
        for (let place = 0; place < 3; place++) {
          if (one[place] !== other[place]) return one[place] < other[place] ? -1 : 1;
        }
        return 0;
      });
      list.append(...inOrder.map((frame) => frame.item));
    }

    // --- the list

    // A picture is decoded only when its place in the list comes near.
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        near.unobserve(entry.target);
        entry.target.src = frames[Number(entry.target.dataset.place)].picture;
      }
    }, { rootMargin: "300px" });

    function item(frame) {
      let picture = null;
      if (frame.picture) {
        picture = make("img", { class: "shot", alt: "", decoding: "async" });
        picture.dataset.place = frame.place;
        near.observe(picture);
      }
      const link = make("a", { href: frame.hash, tabIndex: -1 }, picture,
        sessions.length > 1 ? frame.title : clock(frame.time), " ");
      const flagged = frame.said.filter((said) => (said.flags || []).length);
      const flags = flagged.reduce((sum, said) => sum + said.flags.length, 0);
      const whose = flagged.every((said) => said.together === 1) ? ""
        : flagged.length === 1 ? " of the reply" : " of replies";
      const invented = frame.said.reduce((sum, said) => sum + (said.invented || []).length, 0);
      const wrong = frame.said
        .filter((said) => (OUTCOMES[said.attribution] || ["", ""])[1] === "bad").length;
      const badge = (count, words, kind) =>
        count ? link.append(make("span", { class: "badge " + kind }, words), " ") : null;
      badge(frame.rank != null, "disputed", "warn");
      badge(wrong, wrong + " off frame", "bad");
      badge(flags, flags + (flags === 1 ? " flag" : " flags") + whose, "warn");
      badge(invented, invented + " invented", "bad");
      frame.link = link;
      frame.item = make("li", {}, link);
      return frame.item;
    }

    // --- one frame

    /** Return text as nodes, with what grading found and what is looked for marked. */
    function marked(said) {
      const kinds = new Map();
      const add = (strings, kind) => {
        for (const one of strings || []) if (one.trim()) kinds.set(one.toLowerCase(), kind);
      };
      if (match.text) add([match.text], "hit");
      add(said.grounded, "grounded");
      add(said.invented, "invented");
      if (!kinds.size) return [said.text];
      const isWord = (char) => /[\p{L}\p{N}_]/u.test(char);
      const pattern = [...kinds].sort(([a], [b]) => b.length - a.length).map(([one, kind]) => {
        const body = one.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+");
        // Part of a longer word is another thing.
        const before = kind !== "hit" && isWord(one[0]) ? "(?<![\\p{L}\\p{N}_])" : "";
        const after = kind !== "hit" && isWord(one[one.length - 1]) ? "(?![\\p{L}\\p{N}_])" : "";
        return before + body + after;
      }).join("|");
      const nodes = [];
      let at = 0;
      for (const found of said.text.matchAll(new RegExp(pattern, "giu"))) {
        nodes.push(said.text.slice(at, found.index));
        at = found.index + found[0].length;
        const kind = kinds.get(found[0].toLowerCase().replace(/\s+/g, " ")) || "hit";
        const told = { grounded: " (on the screen)", invented: " (not on the screen)" }[kind];
        nodes.push(make("mark", { class: kind }, found[0],
          told ? make("span", { class: "sr" }, told) : null));
      }
      nodes.push(said.text.slice(at));
      return nodes;
    }

    function facts(pairs) {
      const rows = pairs.filter(([, value]) => value).flatMap(([name, value]) =>
        [make("dt", {}, name), make("dd", { dir: "auto" }, value)]);
      return rows.length ? make("dl", {}, ...rows) : null;
    }

    function badges(said) {
      const found = [];
      const [outcome, kind] = OUTCOMES[said.attribution] || [said.attribution, ""];
      if (outcome) found.push([outcome, kind]);
      for (const flag of said.flags || []) found.push([flag, "warn"]);
      const [good, bad] = [(said.grounded || []).length, (said.invented || []).length];
      if (good) found.push([good + " on the screen", "good"]);
      if (bad) found.push([bad + " not on the screen", "bad"]);
      return found.length
        ? make("ul", { class: "badges" }, ...found.map(([words, kind]) =>
          make("li", { class: "badge " + kind }, words)))
        : null;
    }

    function card(said, frame) {
      const candidate = candidates[said.candidate];
      const other = said.other && sessions[frame.session].id;
      const otherFrame = said.other && byHash.get(
        "#frame-" + encodeURIComponent(other) + "-" + said.other.index);
      const time = said.other && said.other.time !== null ? clock(said.other.time) : null;
      const truth = said.truth;
      return make("section", { class: match.fits && match.fits(said) ? "card match" : "card" },
        make("h4", { dir: "auto" }, candidate.name + (candidate.baseline ? " (baseline, no VLM)" : "")),
        badges(said),
        (said.flags || []).length && said.together > 1
          ? make("p", {}, "Flags are of the whole reply, which is about " + said.together + " frames.") : null,
        time && make("p", {}, "It tells of the frame at ",
          otherFrame ? make("a", { href: otherFrame.hash }, time) : time, "."),
        facts([
          ["applications", said.apps.join(", ")],
          ["activity", said.activity],
          ["topics", said.topics.join(", ")],
        ]),
        said.text === null
          ? make("p", {}, "No description of this frame.")
          : make("div", { class: "said", dir: "auto", tabIndex: 0, role: "region",
            "aria-label": "Description by " + candidate.name }, ...marked(said)),
        said.cut ? make("p", {}, "Cut here; the tables have all of it.") : null,
        facts([
          ["not on the screen", (said.invented || []).join(", ")],
          ...(said.flags || []).map((flag) => [flag, (said.why || {})[flag]]),
          ["truth, named", truth && truth.found.join(", ")],
          ["truth, missing", truth && truth.missing.join(", ")],
          ["application", truth && truth.app !== null
            ? (truth.app ? "as in the truth" : "not that of the truth") : null],
        ]),
      );
    }

    function detail(frame) {
      const picture = frame.picture
        ? make("img", { src: frame.picture, alt: "The screen at " + clock(frame.time) }) : null;
      const sides = (frame.sides || []).filter((side) => side.only.length);
      const alike = frame.alike === undefined ? null : make("p", {},
        "The descriptions are alike by " + frame.alike.toFixed(2) + " of 1"
        + (frame.rank != null ? "; number " + frame.rank + " of the most disputed" : "") + ".",
        ...sides.map((side) => " Only " + side.name + ": " + side.only.slice(0, 8).join(", ") + "."));
      byId("detail").replaceChildren(
        make("h3", { id: "frame-heading", dir: "auto" }, frame.title),
        make("div", { class: "screen" }, picture, alike),
        make("div", { class: "cards" }, ...frame.said.map((said) => card(said, frame))),
      );
    }

    // --- the timeline

    let drawn = null;
    function track(frame) {
      const session = sessions[frame.session];
      const own = frames.filter((one) => one.session === frame.session);
      const kept = new Set(shown);
      const x = (one) => (1000 * one.time / (session.length || 1)).toFixed(1);
      const strokes = (some, top, bottom) =>
        some.map((one) => "M" + x(one) + " " + top + "V" + bottom).join("");
      if (drawn === null) {
        const svg = document.createElementNS(SVG, "svg");
        svg.setAttribute("viewBox", "-4 0 1008 34");
        svg.setAttribute("preserveAspectRatio", "none");
        svg.setAttribute("role", "img");
        const paths = ["all", "match", "fault", "here"].map((name) => {
          const path = document.createElementNS(SVG, "path");
          path.setAttribute("class", name);
          return path;
        });
        svg.append(...paths);
        const words = make("p", {}, make("span", {}), make("span", {}));
        byId("track").replaceChildren(svg, words);
        svg.addEventListener("click", (event) => {
          const box = svg.getBoundingClientRect();
          const at = ((event.clientX - box.left) / box.width * 1008 - 4) / 1000;
          const found = sessions[current.session];
          const near = shown.filter((one) => one.session === current.session);
          near.sort((a, b) => Math.abs(a.time - at * found.length) - Math.abs(b.time - at * found.length));
          if (near.length) choose(near[0]);
        });
        drawn = { svg, paths, words };
      }
      const { svg, paths, words } = drawn;
      svg.setAttribute("aria-label", "Timeline of " + session.title + ": the list of frames has the same");
      const matching = own.filter((one) => kept.has(one));
      const parts = [
        strokes(own.filter((one) => !kept.has(one)), 12, 34),
        strokes(matching.filter((one) => !one.fault), 12, 34),
        strokes(matching.filter((one) => one.fault), 12, 34),
        strokes([frame], 0, 34),
      ];
      parts.forEach((path, place) => paths[place].setAttribute("d", path));
      words.firstChild.textContent = session.title + " (red: a fault on that frame)";
      words.lastChild.textContent = clock(session.length);
    }

    // --- moving

    function show(frame) {
      const wasInList = list.contains(document.activeElement);
      if (current) {
        current.link.removeAttribute("aria-current");
        current.link.tabIndex = -1;
      }
      current = frame;
      const at = shown.indexOf(frame);
      byId("previous").disabled = at <= 0;
      byId("next").disabled = at < 0 || at === shown.length - 1;
      if (!frame) {
        byId("detail").replaceChildren(make("p", { id: "frame-heading" }, "No frame fits these filters."));
        byId("where").textContent = "";
        return;
      }
      frame.link.setAttribute("aria-current", "true");
      frame.link.tabIndex = 0; // the list is one stop of the tab key: arrows go on from there
      byId("where").textContent = "Frame " + (at + 1) + " of " + shown.length + ", " + frame.title;
      detail(frame);
      track(frame);
      reveal(frame.item);
      if (wasInList) frame.link.focus({ preventScroll: true });
    }

    /** Bring an entry of the list into sight without moving the page. */
    function reveal(item) {
      const [top, left] = [item.offsetTop, item.offsetLeft];
      if (top < list.scrollTop || top + item.offsetHeight > list.scrollTop + list.clientHeight) {
        list.scrollTop = top - list.clientHeight / 3;
      }
      if (left < list.scrollLeft || left + item.offsetWidth > list.scrollLeft + list.clientWidth) {
        list.scrollLeft = left - list.clientWidth / 3;
      }
    }

    function choose(frame) {
      show(frame);
      try { history.replaceState(null, "", frame.hash); } catch { /* a page in a frame may not */ }
    }

    function step(by) {
      const frame = shown[shown.indexOf(current) + by];
      if (current && frame) choose(frame);
    }

    function follow() {
      const frame = byHash.get(location.hash);
      if (location.hash.startsWith("#frame-") && !frame) {
        byId("count").textContent = "The frame that was linked to is not in this page.";
      }
      if (!frame) return;
      if (!shown.includes(frame)) { form.reset(); filter(); }
      show(frame);
      byId("browser").scrollIntoView({ behavior: "instant" });
      byId("panes").scrollIntoView({ behavior: "instant", block: "nearest" });
    }

    function isVisible(element) {
      const box = element.getBoundingClientRect();
      return box.bottom > 0 && box.top < innerHeight;
    }

    document.addEventListener("keydown", (event) => {
      const target = event.target;
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      if (target.closest("input, select, textarea")) return;
      const inside = byId("browser").contains(target);
      if (!inside && !(target === document.body || target.id === "main")) return;
      if (!inside && !isVisible(byId("panes"))) return;
      const inList = list.contains(target);
      // Within the list nothing but arrows leads from frame to frame.
      if (!fields.keys.checked && !(inList && /^(Arrow|Home$|End$)/.test(event.key))) return;
      const by = { j: 1, k: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key]
        || (inList ? { ArrowDown: 1, ArrowUp: -1 }[event.key] : 0);
      if (by) step(by);
      else if (inList && event.key === "Home" && shown.length) choose(shown[0]);
      else if (inList && event.key === "End" && shown.length) choose(shown[shown.length - 1]);
      else return;
      event.preventDefault();
    });
    byId("previous").addEventListener("click", () => step(-1));
    byId("next").addEventListener("click", () => step(1));
    list.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(byHash.get(link.getAttribute("href")));
    });
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    addEventListener("hashchange", follow);

    byId("fold").open = innerWidth > 704; // where fields stand on one another they fill a screen
    list.append(...frames.map(item));
    byId("browser").hidden = false;
    filter();
    follow();
    document.documentElement.dataset.ready = "true";
  }

  themes();
  contents();
  if (byId("browser")) {
    // What can be read is painted first.
    if (document.hidden) browse();
    else requestAnimationFrame(() => setTimeout(browse));
  }
})();
