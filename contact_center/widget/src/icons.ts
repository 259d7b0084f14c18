// Shapes on a grid of 24, drawn as lines. They live in widget.js: each file has its budget.
export const icons = {
  close: "M6 6l12 12M18 6 6 18",
  send: "M4 12 20 4l-6 16-3-7-7-1Z",
  clip: "m20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.5 3.5 0 0 1 5 5l-8.5 8.5a2 2 0 0 1-3-3L14 7",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
};
export type Icons = typeof icons;
