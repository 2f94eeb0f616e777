// Extras: every page is whole without them.
"use strict";

function themeSwitch(button) {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const current = () => root.dataset.theme || (system.matches ? "dark" : "light");
  const show = () => {
    const other = current() === "dark" ? "light" : "dark";
    button.textContent = other === "dark" ? "Dark" : "Light";
    button.setAttribute("aria-label", `Switch to the ${other} theme`);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = current() === "dark" ? "light" : "dark";
    try { localStorage.setItem("vmevalkit-theme", root.dataset.theme); } catch (error) { /* not remembered then */ }
    show();
  });
  system.addEventListener("change", show);
  show();
}

function sortValue(row, column, kind) {
  const cell = row.children[column];
  const value = cell.dataset.sort ?? cell.textContent.trim();
  return kind === "number" ? (value === "" ? NaN : Number(value)) : value;
}

function sortTable(table, header, kind) {
  const column = header.cellIndex;
  const first = kind === "number" ? "descending" : "ascending";
  const second = kind === "number" ? "ascending" : "descending";
  const order = header.getAttribute("aria-sort") === first ? second : first;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const compare = (a, b) => {
    if (kind !== "number") return sign * a.localeCompare(b, undefined, { numeric: true });
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return sign * (a - b);
  };
  const body = table.tBodies[0];
  const isControl = (row) => row.classList.contains("control");
  const rows = [...body.rows].map((row) => ({ row, value: sortValue(row, column, kind) }));
  rows.sort((a, b) => isControl(a.row) - isControl(b.row) || compare(a.value, b.value));
  body.append(...rows.map(({ row }) => row));
}

function sortable(table) {
  for (const header of table.querySelectorAll("thead th[data-sort-as]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    const link = header.querySelector("a");
    if (link) {
      button.classList.add("alone");
      button.setAttribute("aria-label", `Sort by ${link.textContent}`);
      link.after(button);
    } else {
      button.append(header.firstChild);
      header.prepend(button);
    }
    button.addEventListener("click", () => sortTable(table, header, header.dataset.sortAs));
  }
}

function seekTo(video, frame) {
  const go = () => {
    video.pause();
    video.currentTime = (frame + 0.5) / Number(video.dataset.fps);
  };
  video.scrollIntoView({ block: "nearest" });
  if (video.readyState >= 1) return go();
  video.addEventListener("loadedmetadata", go, { once: true });
  video.preload = "auto";
  video.load();
}

function frameButton(label) {
  const video = document.getElementById(label.dataset.video);
  if (!video || !video.dataset.fps) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = label.className;
  button.textContent = label.textContent;
  button.title = "Show it in the video";
  button.addEventListener("click", () => seekTo(video, Number(label.dataset.frame)));
  label.replaceWith(button);
}

function filter(box) {
  const [text, differing] = box.querySelectorAll("input");
  const rows = [...box.parentElement.querySelector("tbody").rows];
  const apply = () => {
    const words = text.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = row.dataset.text.includes(words) && (!differing.checked || "disagree" in row.dataset);
      row.hidden = !fits;
      shown += fits;
    }
    box.querySelector("[role=status]").textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
  };
  box.hidden = false;
  text.addEventListener("input", apply);
  differing.addEventListener("change", apply);
}

document.querySelectorAll("[data-theme-switch]").forEach(themeSwitch);
document.querySelectorAll("table[data-sortable]").forEach(sortable);
document.querySelectorAll(".frame[data-video]").forEach(frameButton);
document.querySelectorAll("[data-filter]").forEach(filter);
