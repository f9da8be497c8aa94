{
  // Most pixels between the pointer and the mark whose values are shown.
  const REACH = 20;
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  let shown = null;
  const place = () => {
    if (!shown) return;
    const { mark, at: [x, y] } = shown;
    const view = mark.ownerSVGElement.getScreenCTM();
    const [left, top] = [view.a * x + view.e, view.d * y + view.f];
    const width = document.documentElement.clientWidth;
    const free = (position, own, room) => Math.max(4, Math.min(position, room - own - 4));
    tip.style.left = `${free(left - tip.offsetWidth / 2, tip.offsetWidth, width)}px`;
    const above = top - tip.offsetHeight - 12;
    tip.style.top = `${above > 0 ? above : top + 12}px`;
  };
  const hide = () => {
    shown?.mark.classList.remove("shown");
    shown = null;
    tip.hidden = true;
  };
  const show = (mark, at) => {
    hide();
    shown = { mark, at };
    mark.classList.add("shown");
    tip.textContent = mark.getAttribute("aria-label");
    if (mark.matches(":focus-visible")) {
      tip.append(Object.assign(document.createElement("small"), { textContent: "← → other marks" }));
    }
    tip.hidden = false;
    place();
  };
  // The places of a mark in the units of its figure: every point of a line, the middle of all others.
  const places = (mark) => {
    const last = mark.lastElementChild;
    if (last.getAttribute("fill") === "none") {
      const numbers = last.getAttribute("d").match(/-?\d+/g).map(Number);
      let [x, y] = [0, 0];
      return Array.from({ length: numbers.length / 2 }, (_, at) =>
        [x += numbers[2 * at], y += numbers[2 * at + 1]]);
    }
    const box = last.getBBox();
    return [[box.x + box.width / 2, box.y + box.height / 2]];
  };
  // A figure that scrolls below a resting pointer has its events, too; they must not hide the mark that has the focus.
  let pointer = "";
  const hasMoved = ({ screenX, screenY }) => {
    const before = pointer;
    pointer = `${screenX} ${screenY}`;
    return pointer !== before;
  };
  const listen = (svg) => {
    const marks = Array.from(svg.querySelectorAll("g > title"), (title) => {
      const mark = title.parentNode;
      mark.setAttribute("aria-label", title.textContent);
      mark.setAttribute("role", "img");
      mark.setAttribute("tabindex", "-1");
      title.remove();
      return { mark, at: places(mark) };
    });
    if (!marks.length) return;
    const title = svg.querySelector(":scope > title");
    svg.setAttribute("aria-label", title.textContent);
    svg.setAttribute("role", "group");
    title.remove();
    // The Tab key reaches one mark of a figure, the arrows all others.
    let current = marks[0].mark;
    current.setAttribute("tabindex", "0");
    const reach = (mark) => {
      current.setAttribute("tabindex", "-1");
      current = mark;
      current.setAttribute("tabindex", "0");
    };
    const nearest = (event) => {
      const view = svg.getScreenCTM();
      const [x, y] = [(event.clientX - view.e) / view.a, (event.clientY - view.f) / view.d];
      let [best, found] = [REACH / view.a, null];
      for (const { mark, at } of marks) {
        for (const point of at) {
          const distance = Math.hypot(point[0] - x, point[1] - y);
          if (distance < best) [best, found] = [distance, { mark, at: point }];
        }
      }
      const under = event.target.closest("g[aria-label]");
      return found ?? (under && { mark: under, at: [x, y] });
    };
    svg.addEventListener("pointermove", (event) => {
      if (!hasMoved(event)) return;
      const found = nearest(event);
      if (found) show(found.mark, found.at);
      else hide();
    });
    svg.addEventListener("pointerleave", (event) => {
      if (hasMoved(event)) hide();
    });
    svg.addEventListener("click", (event) => {
      const found = nearest(event);
      if (!found) return;
      found.mark.focus({ preventScroll: true });
      show(found.mark, found.at);
    });
    svg.addEventListener("focusin", (event) => {
      const found = marks.find(({ mark }) => mark === event.target);
      if (!found) return;
      reach(found.mark);
      show(found.mark, found.at[0]);
    });
    svg.addEventListener("focusout", hide);
    svg.addEventListener("keydown", (event) => {
      const at = marks.findIndex(({ mark }) => mark === event.target);
      const last = marks.length - 1;
      const to = {
        ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last,
      }[event.key];
      if (event.key === "Escape") hide();
      if (to === undefined || at < 0) return;
      event.preventDefault();
      marks[Math.max(0, Math.min(to, last))].mark.focus();
    });
  };
  document.querySelectorAll("figure svg").forEach(listen);
  addEventListener("scroll", place, { capture: true, passive: true });
  addEventListener("resize", hide);
}
