// Index: the module of each kind of panel. A page names kinds in its layout, and the Stage loads
// the modules of those.

/** kind → () => promise of the module, whose default export is the panel's class. */
export const PANELS = {
  // the plane, and code space drawn as one
  plane: () => import("./plane/plane.js"),
  attack_plane: () => import("./plane/attack_plane.js"),
  code_plane: () => import("./plane/code_plane.js"),
  loss_surface: () => import("./plane/loss_surface.js"),
  manifold: () => import("./plane/manifold.js"),
  // images
  digit: () => import("./images/digit.js"),
  drawing: () => import("./images/drawing.js"),
  drawn_answers: () => import("./images/drawn_answers.js"),
  images: () => import("./images/images.js"),
  latent_strip: () => import("./images/latent_strip.js"),
  latent_triangle: () => import("./images/latent_triangle.js"),
  latent_walk: () => import("./images/latent_walk.js"),
  photo: () => import("./images/photo.js"),
  predictions: () => import("./images/predictions.js"),
  reconstructions: () => import("./images/reconstructions.js"),
  samples: () => import("./images/samples.js"),
  styles: () => import("./images/styles.js"),
  // sentences
  code_clouds: () => import("./text/code_clouds.js"),
  interpolation: () => import("./text/interpolation.js"),
  sentences: () => import("./text/sentences.js"),
  text_samples: () => import("./text/text_samples.js"),
  typing: () => import("./text/typing.js"),
  // numbers and charts
  bars: () => import("./numbers/bars.js"),
  chooser: () => import("./numbers/chooser.js"),
  confusion: () => import("./numbers/confusion.js"),
  linear: () => import("./numbers/linear.js"),
  loss_line: () => import("./numbers/loss_line.js"),
  measure: () => import("./numbers/measure.js"),
  table: () => import("./numbers/table.js"),
  tiles: () => import("./numbers/tiles.js"),
};
